using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Parsing;

/// <summary>An object that a batch lays under one of each of its events: context or integrations. An event's own member wins over one of the same name.</summary>
public sealed class SharedMembers
{
    private readonly string _text;
    private readonly List<(string Name, string Member)> _members;

    private SharedMembers(string text, List<(string Name, string Member)> members)
    {
        (_text, _members) = (text, members);
        HasIp = members.Exists(member => member.Name == "ip");
    }

    public bool HasIp { get; }

    /// <param name="json">A JSON object; empty where the batch has none.</param>
    public static SharedMembers? Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        var members = new List<(string, string)>();
        Walk(json, (name, member) => members.Add((name, member)));
        return members.Count == 0 ? null : new SharedMembers(Encoding.UTF8.GetString(json), members);
    }

    /// <summary>The event's own object, then what only the batch has; the batch's as it is where the event has none.</summary>
    public string Under(ReadOnlySpan<byte> own)
    {
        if (own.IsEmpty) return _text;
        var names = new HashSet<string>();
        var merged = new StringBuilder("{");
        Walk(own, (name, member) =>
        {
            names.Add(name);
            Append(merged, member);
        });
        foreach (var (name, member) in _members)
        {
            if (!names.Contains(name)) Append(merged, member);
        }
        return merged.Append('}').ToString();
    }

    private static void Append(StringBuilder merged, string member)
    {
        if (merged.Length > 1) merged.Append(',');
        merged.Append(member);
    }

    private static void Walk(ReadOnlySpan<byte> json, Action<string, string> member)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var start = (int)reader.TokenStartIndex;
            // A name that is no text can only equal itself byte for byte.
            var name = JsonText.TryGet(ref reader, out var text) ? text! : Encoding.UTF8.GetString(reader.ValueSpan);
            reader.Read();
            reader.Skip();
            member(name, Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]));
        }
    }
}
