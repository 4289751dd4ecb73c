using System.Buffers;
using System.Text.Json;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>The context or integrations of a batch, which are merged into those of each event. An event's own member wins over one of the same name.</summary>
public sealed class SharedMembers
{
    private readonly byte[] _json;
    private readonly List<(int Name, Slice Member)> _members = [];

    // Each name has a number, and _lastTaken[number] is the last merge in which the event had a member of that name.
    private readonly Dictionary<string, int> _names = [];
    private readonly int[] _lastTaken;
    private int _merges;

    private SharedMembers(byte[] json)
    {
        _json = json;
        foreach (var (name, member) in Walk(json))
        {
            if (!_names.TryGetValue(name, out var number)) _names.Add(name, number = _names.Count);
            _members.Add((number, member));
        }
        _lastTaken = new int[_names.Count];
    }

    public bool HasIp => _names.ContainsKey("ip");

    /// <summary>The object as it is in the batch.</summary>
    public ReadOnlySpan<byte> Json => _json;

    /// <summary>Reads the object of a batch; null if it is missing or empty.</summary>
    /// <param name="json">A JSON object; empty if the batch has none.</param>
    public static SharedMembers? Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        var shared = new SharedMembers(json.ToArray());
        return shared._members.Count == 0 ? null : shared;
    }

    /// <summary>Appends the members of the event's own object, then those that only the batch has, separated by commas.</summary>
    /// <param name="own">The event's own JSON object.</param>
    /// <param name="record">Receives the members.</param>
    public void AppendMerged(ReadOnlySpan<byte> own, AvroWriter record)
    {
        var separator = ""u8;
        var buffer = ArrayPool<char>.Shared.Rent(own.Length);
        var names = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        var reader = Open(own);
        _merges++;
        while (Next(ref reader, buffer, out var length, out var member))
        {
            if (names.TryGetValue(buffer.AsSpan(0, length), out var number)) _lastTaken[number] = _merges;
            Append(member.Of(own), record, ref separator);
        }
        ArrayPool<char>.Shared.Return(buffer);
        foreach (var (name, member) in _members)
        {
            if (_lastTaken[name] != _merges) Append(member.Of(_json), record, ref separator);
        }
    }

    private static void Append(ReadOnlySpan<byte> member, AvroWriter record, ref ReadOnlySpan<byte> separator)
    {
        record.Append(separator);
        record.Append(member);
        separator = ","u8;
    }

    private static List<(string Name, Slice Member)> Walk(ReadOnlySpan<byte> json)
    {
        var (members, name) = (new List<(string, Slice)>(), new char[json.Length]);
        var reader = Open(json);
        while (Next(ref reader, name, out var length, out var member)) members.Add((new string(name, 0, length), member));
        return members;
    }

    private static Utf8JsonReader Open(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        reader.Read();
        return reader;
    }

    // Reads the next member and its name. The name has at most as many characters as the object has bytes.
    private static bool Next(ref Utf8JsonReader reader, Span<char> name, out int length, out Slice member)
    {
        (length, member) = (0, default);
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject) return false;
        var start = (int)reader.TokenStartIndex;
        length = JsonText.CopyName(ref reader, name);
        reader.Read();
        reader.Skip();
        member = new Slice(start, (int)reader.BytesConsumed - start);
        return true;
    }
}
