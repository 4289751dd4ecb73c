using System.Net;
using System.Text.RegularExpressions;

namespace Cdp.Ingestion.Reference;

/// <summary>The little of CommonMark that the document's descriptions use, as HTML: paragraphs, <c>**strong**</c>, <c>`code`</c>.</summary>
public static partial class Prose
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>One line, without a paragraph of its own.</summary>
    public static string Line(string text) => Strong().Replace(Code().Replace(Text(text), "<code>$1</code>"), "<strong>$1</strong>");

    public static string Paragraphs(string text) => string.Concat(text.Split("\n\n").Select(paragraph => $"<p>{Line(paragraph)}</p>\n"));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*\*([^*]+)\*\*")]
    private static partial Regex Strong();
}
