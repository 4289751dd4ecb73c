using System.Text;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>
/// A string in which <c>{{ path }}</c> is replaced by the value at the path; <c>{{{ path }}}</c> means the same. Nothing is escaped. Inserted values are not
/// expanded again.
/// </summary>
internal sealed partial class Template
{
    // Literal text and paths alternate, beginning with text.
    private readonly IReadOnlyList<string> _texts;
    private readonly IReadOnlyList<DataPath> _paths;

    private Template(IReadOnlyList<string> texts, IReadOnlyList<DataPath> paths) => (_texts, _paths) = (texts, paths);

    public static Template Read(string text)
    {
        var (texts, paths, at) = (new List<string>(), new List<DataPath>(), 0);
        foreach (Match match in Placeholder().Matches(text))
        {
            texts.Add(text[at..match.Index]);
            paths.Add(DataPath.Read((match.Groups[1].Success ? match.Groups[1] : match.Groups[2]).Value.Trim()));
            at = match.Index + match.Length;
        }
        texts.Add(text[at..]);
        return new Template(texts, paths);
    }

    public string Render(Datum data)
    {
        if (_paths.Count == 0) return _texts[0];
        var result = new StringBuilder(_texts[0]);
        for (var i = 0; i < _paths.Count; i++) result.Append(_paths[i].Find(data).Format()).Append(_texts[i + 1]);
        return result.ToString();
    }

    [GeneratedRegex(@"\{\{\{([^}]+)\}\}\}|\{\{([^}]+)\}\}")]
    private static partial Regex Placeholder();
}
