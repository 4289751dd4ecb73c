using Cdp.Chaos.Settings;

namespace Cdp.Chaos.People;

/// <summary>
/// Turns some drafts into odd input: events that ingestion must refuse, events in another notation, and events with another documented outcome. The kinds take
/// turns, so that each occurs.
/// </summary>
/// <param name="random">Decides which drafts become odd input.</param>
/// <param name="kinds">The kinds to produce.</param>
public sealed class OddInputGenerator(Random random, IReadOnlyList<OddInput> kinds)
{
    private const double Share = 0.04;

    /// <summary>The product's default limits.</summary>
    private const int MaxEventBytes = 32 * 1024, MaxDepth = 64, MaxMessageIdCharacters = 100;

    private static readonly string NestedProperties = $$"""{"a":{{new string('[', MaxDepth)}}{{new string(']', MaxDepth)}}}""";

    // Kinds that are due but for which no suitable draft has come yet.
    private readonly Queue<OddInput> _due = new();
    private int _next;
    private string? _otherUser;

    /// <summary>The draft itself, an odd variant of it, or the draft and an additional merge.</summary>
    /// <param name="draft">The draft as the person would send it.</param>
    /// <param name="messageId">The draft's messageId.</param>
    public IReadOnlyList<Draft> Apply(Draft draft, string messageId)
    {
        var otherUser = _otherUser;
        if (draft is { UserId: { } user, Type: "identify" }) _otherUser = user;
        if (kinds.Count == 0) return [draft];
        if (random.NextDouble() < Share && _due.Count < kinds.Count) _due.Enqueue(kinds[_next++ % kinds.Count]);
        for (var left = _due.Count; left > 0; left--)
        {
            var kind = _due.Dequeue();
            if (kind == OddInput.MergeByWebKey && MergeWithOtherUser(draft, otherUser) is { } merge) return [draft, merge with { OddInput = kind }];
            if (Variant(kind, draft, messageId) is { } odd) return [odd with { OddInput = kind }];
            _due.Enqueue(kind);
        }
        return [draft];
    }

    /// <returns>Null if the draft is not suitable.</returns>
    private Draft? Variant(OddInput kind, Draft draft, string messageId) => kind switch
    {
        OddInput.UnknownType => Refused(draft, "unknown_type", new Notation { Type = "\"trakc\"" }),
        OddInput.NoIdentifier => draft.Type == "track" ? Refused(draft with { AnonymousId = null, UserId = null }, "no_identifier", Notation.Plain) : null,
        OddInput.TooLarge => draft.Type == "track" ? Refused(draft, "event_too_large", new Notation { Bytes = MaxEventBytes + 1 }) : null,
        OddInput.TooDeep => draft.Type == "track" ? Refused(draft, "too_deep", new Notation { Properties = NestedProperties }) : null,
        OddInput.LongMessageId => Refused(draft, "message_id_too_long", new Notation { MessageId = TooLong(messageId) }),
        OddInput.LoneSurrogateInId => draft.AnonymousId is { } id ? Refused(draft, "unusable_text", new Notation { AnonymousId = $"\"{id}\\ud800\"" }) : null,
        OddInput.MaximumSize => draft.Type == "track" ? draft with { Notation = new Notation { Bytes = MaxEventBytes } } : null,
        OddInput.EscapedType => draft with { Notation = new Notation { TypeName = Notation.Escape("type"), Type = Notation.Escape(draft.Type) } },
        OddInput.NumericUserId => WithNumericUserId(draft),
        OddInput.PaddedId => WithPaddedIds(draft),
        OddInput.DatabaseTimestamp => draft with { Notation = new Notation { Timestamp = Any(Notations.Times) } },
        OddInput.ImplausibleSentAt => draft with { Notation = new Notation { SentAt = Any(Notations.ImplausibleSentAt) } },
        OddInput.PlaceholderId => draft is { Type: "track", AnonymousId: not null } ? draft with { AnonymousId = Any(Notations.Placeholders) } : null,
        OddInput.LoneSurrogateInTrait => draft.Type == "identify" ? WithSurrogates(draft) : null,
        OddInput.InvalidTimestamp => WithInvalidTime(draft),
        // The event itself is plain; the population adds the retry.
        OddInput.RetryUnderAnotherKey => draft is { Type: "track" or "identify", AnonymousId: not null, UserId: not null } ? draft : null,
        OddInput.MergeByWebKey => null,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    // Anyone who reads the write key in a page can try to merge two customers.
    private Draft? MergeWithOtherUser(Draft draft, string? otherUser)
    {
        if (draft.UserId is not { } user || otherUser is null || otherUser == user) return null;
        return random.Next(2) == 0
            ? new Draft("merge", null, null) { Source = Sources.Web, Merge = [new Id(Id.User, user), new Id(Id.User, otherUser)] }
            : new Draft("alias", null, user) { Source = Sources.Web, PreviousId = otherUser };
    }

    private static Draft Refused(Draft draft, string code, Notation notation) => draft with { Refusal = code, Notation = notation };

    private Draft? WithNumericUserId(Draft draft) =>
        draft.UserId is { } user && user.All(char.IsAsciiDigit) ? draft with { Notation = new Notation { UserId = Any(Notations.Numbers(user)) } } : null;

    private Draft? WithPaddedIds(Draft draft) => draft.AnonymousId is null && draft.UserId is null
        ? null
        : draft with { Notation = new Notation { AnonymousId = Padded(draft.AnonymousId), UserId = Padded(draft.UserId) } };

    private static string TooLong(string messageId) => Notation.Quote(messageId.PadRight(MaxMessageIdCharacters + 1, 'x'));

    private string? Padded(string? id) => id is null ? null : Any(Notations.Padded(id));

    // Half of an emoji's surrogate pair, in the name of a trait and in its value.
    private static Draft WithSurrogates(Draft draft)
    {
        var sent = string.Join(',', draft.Traits.Select(trait => $"{Notation.Quote(trait.Name)}:{trait.Json}").Append("\"cut \\ud83d\":\"cut \\ud83d\""));
        return draft with { Traits = [.. draft.Traits, ("cut \uFFFD", "\"cut \\ufffd\"")], Notation = new Notation { Traits = $"{{{sent}}}" } };
    }

    private Draft WithInvalidTime(Draft draft)
    {
        var time = Any(Notations.InvalidTimes);
        return draft with { UsesReceivedAt = true, Notation = new Notation { Timestamp = _ => time } };
    }

    private T Any<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
}
