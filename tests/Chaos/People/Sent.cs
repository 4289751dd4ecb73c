using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Cdp.Chaos.People;

/// <summary>One event of the population: what is sent, and beside it what is to be understood of it.</summary>
public sealed class Sent
{
    /// <summary>Its number in the population, from 0.</summary>
    public required int Index { get; init; }

    public required string Type { get; init; }

    /// <summary>What it is ordered by on its way in: the first of anonymousId, userId and, of a merge, its first identifier.</summary>
    public required string Key { get; init; }

    /// <summary>The identifiers that are to be found in it, normalised, without those that name nobody, highest priority first.</summary>
    public required IReadOnlyList<Id> Ids { get; init; }

    public required DateTime Timestamp { get; init; }

    /// <summary>The event of a track.</summary>
    public string? Name { get; init; }

    public string? AnonymousId { get; init; }
    public string? UserId { get; init; }
    public string? PreviousId { get; init; }
    public string? GroupId { get; init; }

    /// <summary>Of an identify or group call, each value as JSON text.</summary>
    public IReadOnlyList<(string Name, string Json)> Traits { get; init; } = [];

    /// <summary>Of a merge: its two identifiers, of the types that senders write.</summary>
    public IReadOnlyList<Id> Merge { get; init; } = [];

    public string MessageId => MessageIdOf(Index);

    public static string MessageIdOf(int index) => $"m-{index:d7}";

    /// <summary>-1: no event of the population has this id.</summary>
    public static int IndexOf(string messageId) =>
        messageId.StartsWith("m-", StringComparison.Ordinal) && int.TryParse(messageId.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;

    /// <summary>The body of a batch, the same bytes each time.</summary>
    public static byte[] Batch(IEnumerable<Sent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("batch");
        foreach (var e in events) e.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", Type);
        json.WriteString("messageId", MessageId);
        // Without sentAt the time is taken as it is, so that it does not depend on which of several tries arrived.
        json.WriteString("timestamp", Timestamp.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        if (AnonymousId is not null) json.WriteString("anonymousId", AnonymousId);
        if (UserId is not null) json.WriteString("userId", UserId);
        if (PreviousId is not null) json.WriteString("previousId", PreviousId);
        if (GroupId is not null) json.WriteString("groupId", GroupId);
        if (Name is not null) json.WriteString("event", Name);
        if (Merge.Count > 0)
        {
            json.WriteStartArray("mergeProperties");
            foreach (var id in Merge)
            {
                json.WriteStartObject();
                json.WriteString("type", id.Type);
                json.WriteString("value", id.Value);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (Type is "identify" or "group")
        {
            json.WriteStartObject("traits");
            foreach (var (name, value) in Traits)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value);
            }
            json.WriteEndObject();
        }
        if (Type == "track")
        {
            json.WriteStartObject("properties");
            json.WriteNumber("value", Index % 100);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
