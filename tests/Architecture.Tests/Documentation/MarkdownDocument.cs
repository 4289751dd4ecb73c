using System.Text;
using System.Text.RegularExpressions;

namespace Cdp.Architecture.Tests.Documentation;

/// <summary>The parts of a Markdown document that the tests need: its links, headings, code spans and tables. Code blocks are ignored.</summary>
internal sealed partial class MarkdownDocument
{
    private readonly List<string> _lines = [];

    public MarkdownDocument(string text)
    {
        var isFenced = false;
        var isBlankBefore = true;
        var isIndentedCode = false;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isFenced = !isFenced;
                continue;
            }
            // An indented code block begins after a blank line; elsewhere an indented line continues a paragraph or a list item.
            var isIndented = line.StartsWith("    ", StringComparison.Ordinal);
            isIndentedCode = isIndented ? isIndentedCode || isBlankBefore : isIndentedCode && line.Length == 0;
            isBlankBefore = line.Length == 0;
            if (!isFenced && !(isIndentedCode && isIndented)) _lines.Add(line);
        }
    }

    private string Text => string.Join('\n', _lines);

    /// <summary>The targets of its links and images, as written.</summary>
    public IEnumerable<string> Links => LinkPattern.Matches(CodePattern.Replace(Text, "``")).Select(match => match.Groups["target"].Value);

    /// <summary>The contents of its code spans.</summary>
    public IEnumerable<string> CodeSpans => CodePattern.Matches(Text).Select(match => match.Groups["code"].Value.Trim());

    /// <summary>The anchors of its headings, as GitHub derives them: lower case, no punctuation, hyphens for spaces, a number where one is repeated.</summary>
    public IReadOnlySet<string> Anchors
    {
        get
        {
            var anchors = new HashSet<string>();
            foreach (var heading in _lines.Select(line => HeadingPattern.Match(line)).Where(match => match.Success))
            {
                var anchor = Anchor(heading.Groups["title"].Value);
                var unique = anchor;
                for (var repetition = 1; !anchors.Add(unique); repetition++) unique = $"{anchor}-{repetition}";
            }
            return anchors;
        }
    }

    /// <summary>The rows of every table, header rows included and separator rows left out; each cell trimmed.</summary>
    public IEnumerable<IReadOnlyList<IReadOnlyList<string>>> Tables
    {
        get
        {
            var table = new List<IReadOnlyList<string>>();
            foreach (var line in _lines.Append(""))
            {
                if (line.StartsWith('|'))
                {
                    if (!SeparatorPattern.IsMatch(line)) table.Add(Cells(line));
                }
                else if (table.Count > 0)
                {
                    yield return table;
                    table = [];
                }
            }
        }
    }

    /// <summary>The text of a cell or title, with each link replaced by its text.</summary>
    public static string LinkText(string markdown) => LinkPattern.Replace(markdown, match => match.Groups["text"].Value);

    // An escaped pipe in a code span does not separate cells.
    private static string[] Cells(string line) =>
        [.. line.Trim().Trim('|').Replace("\\|", "\0").Split('|').Select(cell => cell.Trim().Replace('\0', '|'))];

    private static string Anchor(string title)
    {
        var text = LinkText(title).Replace("`", "").Trim();
        var anchor = new StringBuilder();
        foreach (var c in text.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(c) || c is '-' or '_') anchor.Append(c);
            else if (c == ' ') anchor.Append('-');
        }
        return anchor.ToString();
    }

    [GeneratedRegex(@"!?\[(?<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?<target>[^()\s]+)(?:\s+""[^""]*"")?\)")]
    private static partial Regex LinkPattern { get; }

    [GeneratedRegex(@"(?<ticks>`+)(?<code>[^`]|[^`].*?[^`])\k<ticks>(?!`)", RegexOptions.Singleline)]
    private static partial Regex CodePattern { get; }

    [GeneratedRegex(@"^#{1,6}\s+(?<title>.*?)\s*#*$")]
    private static partial Regex HeadingPattern { get; }

    [GeneratedRegex(@"^\|[\s:|-]+\|?$")]
    private static partial Regex SeparatorPattern { get; }
}
