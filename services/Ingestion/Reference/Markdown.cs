using System.Net;
using System.Text.RegularExpressions;

namespace Cdp.Ingestion.Reference;

/// <summary>Converts the part of Markdown that the document's descriptions use to HTML: paragraphs, <c>**strong**</c> and <c>`code`</c>.</summary>
public static partial class Markdown
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Converts one line, without a surrounding paragraph.</summary>
    public static string Line(string text) => Strong().Replace(Code().Replace(Text(text), "<code>$1</code>"), "<strong>$1</strong>");

    public static string Paragraphs(string text) => string.Concat(text.Split("\n\n").Select(paragraph => $"<p>{Line(paragraph)}</p>\n"));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*\*([^*]+)\*\*")]
    private static partial Regex Strong();
}
