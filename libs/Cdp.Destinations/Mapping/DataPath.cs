using System.Text;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>
/// The path to a part of an event: <c>$.properties.products[0].name</c>. A leading <c>$.</c> may be left out.
/// A name in brackets and quotes may contain any character. An index may also follow a dot. An empty path is the whole event.
/// </summary>
internal sealed class DataPath
{
    private readonly byte[][] _utf8;

    private DataPath(IReadOnlyList<string> names) => (Names, _utf8) = (names, [.. names.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>The names and indexes on the way.</summary>
    public IReadOnlyList<string> Names { get; }

    public static DataPath Read(string text)
    {
        if (text.StartsWith("$.", StringComparison.Ordinal)) text = text[2..];
        List<string> names = [];
        var name = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (EndOfQuoted(text, i) is { } end)
            {
                End();
                names.Add(text[(i + 2)..end]);
                i = end + 1;
            }
            else if (text[i] is '.' or '[' or ']') End();
            else name.Append(text[i]);
        }
        End();
        return new DataPath(names);

        void End()
        {
            if (name.Length > 0) names.Add(name.ToString());
            name.Clear();
        }
    }

    // The index after the quoted name in brackets that begins here; null if none begins here.
    private static int? EndOfQuoted(string text, int start)
    {
        if (text[start] != '[' || start + 1 == text.Length || text[start + 1] is not ('\'' or '"')) return null;
        var end = text.IndexOf($"{text[start + 1]}]", start + 2, StringComparison.Ordinal);
        return end < 0 ? null : end;
    }

    /// <summary>The value at the path. If a value along the path is falsy, it is the result, as in <c>a &amp;&amp; a.b</c> of JavaScript.</summary>
    public Datum Find(Datum data)
    {
        for (var i = 0; i < _utf8.Length; i++)
        {
            if (data.IsFalsy) return data;
            data = data.Member(Names[i], _utf8[i]);
        }
        return data;
    }
}
