using System.Text;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>
/// A URL with <c>{{path}}</c> in it. A placeholder at the beginning is a setting that holds the beginning of the URL and is inserted unchanged; all others are
/// percent-encoded. Only settings decide which server is asked: what a sender sent may stand in the path, but not before it.
/// </summary>
internal sealed partial class UrlTemplate
{
    private readonly IReadOnlyList<string> _texts;
    private readonly IReadOnlyList<string[]> _paths;

    private UrlTemplate(IReadOnlyList<string> texts, IReadOnlyList<string[]> paths) => (_texts, _paths) = (texts, paths);

    /// <param name="text">The template.</param>
    /// <param name="fault">What is wrong with it; null if it is valid.</param>
    public static UrlTemplate Read(string text, out string? fault)
    {
        var (texts, paths, at) = (new List<string>(), new List<string[]>(), 0);
        fault = text.StartsWith("{{settings.", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal)
            ? null
            : "must begin with https:// or with a setting, such as {{settings.endpoint}}/v1/events";
        var authority = Authority().Match(text).Length;
        foreach (Match match in Placeholder().Matches(text))
        {
            texts.Add(text[at..match.Index]);
            paths.Add(match.Groups[1].Value.Split('.'));
            at = match.Index + match.Length;
            if (match.Index < authority && paths[^1][0] != "settings") fault = "must not take the server from an event; use settings only before the path";
        }
        texts.Add(text[at..]);
        return new UrlTemplate(texts, paths);
    }

    public string Render(Datum data)
    {
        var url = new StringBuilder(_texts[0]);
        for (var i = 0; i < _paths.Count; i++)
        {
            var value = _paths[i].Aggregate(data, (current, name) => current.Member(name)).Format();
            if (url.Length > 0) url.Append(Uri.EscapeDataString(value));
            else url.Append(_texts[i + 1].StartsWith('/') ? value.TrimEnd('/') : value);
            url.Append(_texts[i + 1]);
        }
        return url.ToString();
    }

    [GeneratedRegex(@"\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^(?:https://)?[^/]*")]
    private static partial Regex Authority();
}
