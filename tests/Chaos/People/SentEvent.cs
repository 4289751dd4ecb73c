using System.Globalization;
using System.Text;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.People;

/// <summary>One event of the population: what is sent, and how the product must interpret it.</summary>
public sealed class SentEvent
{
    /// <summary>Its index in the population, from 0.</summary>
    public required int Index { get; init; }

    public required string Type { get; init; }

    /// <summary>The source whose write key it is sent with.</summary>
    public required string Source { get; init; }

    /// <summary>Its topic key: the anonymousId, else the userId, else (for a merge) the first identifier.</summary>
    public required string Key { get; init; }

    /// <summary>The identifiers it carries, in canonical form, highest priority first, without placeholders.</summary>
    public required IReadOnlyList<Id> Ids { get; init; }

    public required DateTime Timestamp { get; init; }

    public required string MessageId { get; init; }

    /// <summary>The event name of a track call.</summary>
    public string? Name { get; init; }

    public string? AnonymousId { get; init; }
    public string? UserId { get; init; }
    public string? PreviousId { get; init; }
    public string? GroupId { get; init; }

    /// <summary>The traits of an identify or group call, each value as JSON text.</summary>
    public IReadOnlyList<(string Name, string Json)> Traits { get; init; } = [];

    /// <summary>The two identifiers of a merge call, with the types that senders write.</summary>
    public IReadOnlyList<Id> Merge { get; init; } = [];

    /// <summary>The code with which ingestion must refuse it; null: it must be accepted.</summary>
    public string? Refusal { get; init; }

    /// <summary>Its timestamp is invalid, so that it gets its time of receipt.</summary>
    public bool UsesReceivedAt { get; init; }

    public OddInput? OddInput { get; init; }

    public Notation? Notation { get; init; }

    /// <summary>Whether it merges two identifiers with a server's authority, so that limits per type do not apply.</summary>
    public bool IsServerMerge => Type is "alias" or "merge" && Source == Sources.Shop;

    /// <param name="index">The event's index.</param>
    /// <param name="characters">The length to which the id is padded; null: not padded.</param>
    public static string MessageIdOf(int index, int? characters = null) => $"m-{index:d7}".PadRight(characters ?? 0, 'x');

    /// <summary>The index of the event with this messageId; -1: not an id of the population.</summary>
    public static int IndexOf(string messageId) =>
        messageId.StartsWith("m-", StringComparison.Ordinal)
            && int.TryParse(messageId.TrimEnd('x').AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;

    /// <summary>The body of a batch request, the same bytes each time.</summary>
    public static byte[] Batch(IEnumerable<SentEvent> events) =>
        Encoding.UTF8.GetBytes($$"""{"batch":[{{string.Join(',', events.Select(e => e.Json()))}}]}""");

    /// <summary>The event as sent.</summary>
    public string Json()
    {
        var notation = Notation ?? Notation.Plain;
        var json = new StringBuilder("{").Append(notation.TypeName ?? "\"type\"").Append(':').Append(notation.Type ?? Notation.Quote(Type));
        Member("messageId", notation.MessageId ?? Notation.Quote(MessageId));
        // If sentAt is implausible, ingestion does not use it to correct the time, so the time does not depend on which retry arrived.
        Member("timestamp", notation.Timestamp(Timestamp));
        Member("sentAt", notation.SentAt?.Invoke(Timestamp));
        Member("anonymousId", notation.AnonymousId ?? Quoted(AnonymousId));
        Member("userId", notation.UserId ?? Quoted(UserId));
        Member("previousId", Quoted(PreviousId));
        Member("groupId", Quoted(GroupId));
        Member("event", Quoted(Name));
        if (Merge.Count > 0)
        {
            var pair = Merge.Select(id => $$"""{"type":{{Notation.Quote(id.Type)}},"value":{{Notation.Quote(id.Value)}}}""");
            Member("mergeProperties", $"[{string.Join(',', pair)}]");
        }
        if (Type is "identify" or "group")
        {
            var traits = Traits.Select(trait => $"{Notation.Quote(trait.Name)}:{trait.Json}");
            Member("traits", notation.Traits ?? $"{{{string.Join(',', traits)}}}");
        }
        if (Type == "track") Member("properties", notation.Properties ?? $$"""{"value":{{Index % 100}}}""");
        // Everything is ASCII, so characters are bytes.
        if (notation.Bytes is { } bytes) Member("padding", $"\"{new string('x', bytes - json.Length - ",\"padding\":\"\"}".Length)}\"");
        return json.Append('}').ToString();

        void Member(string name, string? value)
        {
            if (value is not null) json.Append(",\"").Append(name).Append("\":").Append(value);
        }
    }

    private static string? Quoted(string? text) => text is null ? null : Notation.Quote(text);
}
