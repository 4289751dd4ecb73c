using Avro.IO;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Types;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;
using CsCheck;

namespace Cdp.Profiles.Tests;

/// <summary>Creates the events, records and states that the tests need.</summary>
internal static class Some
{
    public static readonly DateTime Noon = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    public static readonly ProfileIds Ids = new("test");

    /// <summary>Only the placeholders that are blocked by default.</summary>
    public static readonly BlockedValues NoBlocked = new([], []);

    public static readonly Folding Folding = new(Ids, Bounds.Default, NoBlocked);

    public static IdentifiedEvent Track(string profileId, string name, int second = 0, string messageId = "m") =>
        Event(profileId, "track", second, messageId, name: name);

    public static IdentifiedEvent Identify(string profileId, string traits, int second = 0, string messageId = "m") =>
        Event(profileId, "identify", second, messageId, traits);

    public static IdentifiedEvent Group(
        string profileId, string groupId, int second = 0, string messageId = "m", string? traits = null, params Identifier[] identifiers)
    {
        var call = Event(profileId, "group", second, messageId, traits, null, identifiers);
        call.validated.envelope.groupId = groupId;
        return call;
    }

    public static AccountEvent AccountEvent(IdentifiedEvent call, RecordPosition origin) =>
        new() { accountId = AccountId(call.validated.envelope.groupId), @event = call, origin = origin };

    public static string AccountId(string groupId) => Ids.Implied(Accounts.Identifier(groupId));

    /// <summary>An event at a number of seconds after <see cref="Noon"/>.</summary>
    public static IdentifiedEvent Event(
        string profileId, string type, int second, string messageId, string? traits = null, string? name = null, params Identifier[] identifiers) => new()
        {
            profileId = profileId,
            validated = new ValidatedEvent
            {
                envelope = new Event
                {
                    messageId = messageId,
                    type = type,
                    sourceId = "web",
                    receivedAt = Noon,
                    timestamp = Noon.AddSeconds(second),
                    traits = traits,
                    @event = name,
                },
                violations = [],
            },
            identifiers = [.. identifiers],
            origin = At("cdp.events.validated", 0, 0),
        };

    public static Identifier Id(string type, string value) => new() { type = type, value = value };

    public static RecordPosition At(string topic, int partition, long offset) => new() { topic = topic, partition = partition, offset = offset };

    public static RecordPosition Identified(int partition, long offset) => At("cdp.events.identified", partition, offset);

    public static ProfileMerged Merged(string loser, string winner, long sequence = 1) =>
        new() { loserId = loser, winnerId = winner, sequence = sequence, decidedAt = Noon };

    public static Incoming Incoming(ISpecificRecord value, int partition = 0, long offset = 0)
    {
        var topic = Topics.EventsIdentified.Records.Contains(value.GetType()) ? Topics.EventsIdentified : Topics.ProfilesTransfers;
        return new Incoming(topic, At("cdp." + topic.Name, partition, offset), null, value, Noon, null);
    }

    public static Profile Profile(string profileId, params IdentifiedEvent[] events)
    {
        var profile = Folding.Empty(profileId);
        for (var i = 0; i < events.Length; i++) Folding.Fold(profile, events[i], Identified(0, i));
        return profile;
    }

    /// <summary>The fold of events at given positions.</summary>
    public static Profile Folded(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> events, Folding? folding = null, string profileId = "p")
    {
        var profile = Folding.Empty(profileId);
        foreach (var (e, position) in events) (folding ?? Folding).Fold(profile, e, position);
        return profile;
    }

    /// <summary>The fold of group calls at given positions into an account.</summary>
    public static Profile FoldedAccount(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> calls, Folding? folding = null, string profileId = "acme")
    {
        var account = Folding.Empty(profileId);
        foreach (var (e, position) in calls) (folding ?? Folding).FoldAccount(account, AccountEvent(e, position));
        return account;
    }

    public static T[] Shuffled<T>(T[] items, int seed)
    {
        T[] copy = [.. items];
        new Random(seed).Shuffle(copy);
        return copy;
    }

    /// <summary>Encodes states as plain Avro binary, so that a decoded state shares no object with the encoded one.</summary>
    public static readonly StateCodec Codec = new(Encode, Decode);

    public static SplittingView Splitting() => new(Codec);

    private static byte[] Encode(Profile state)
    {
        var buffer = new MemoryStream();
        new SpecificDatumWriter<Profile>(state.Schema).Write(state, new BinaryEncoder(buffer));
        return buffer.ToArray();
    }

    private static Profile Decode(byte[] bytes)
    {
        var schema = Folding.Empty("").Schema;
        return new SpecificDatumReader<Profile>(schema, schema).Read(null!, new BinaryDecoder(new MemoryStream(bytes)));
    }

    /// <summary>The whole content of a profile as text, so that a test compares two states and shows their differences.</summary>
    public static string Text(Profile profile) => string.Join('\n', [
        $"{profile.profileId} -> {profile.mergedInto} seen {profile.firstSeen:O} {profile.lastSeen:O}",
        $"{profile.kind} of {profile.total}",
        .. profile.identifiers.Select(id => $"id {id.type}:{id.value}"),
        .. profile.traits.OrderBy(trait => trait.Key, StringComparer.Ordinal)
            .Select(t => $"trait {t.Key}={t.Value.value} {t.Value.timestamp:O} {t.Value.messageId} {Text(t.Value.position)}"),
        .. profile.counts.OrderBy(count => count.Key, StringComparer.Ordinal)
            .Select(c => $"count {c.Key}={c.Value.count} {c.Value.first:O} {c.Value.last:O}"),
        .. profile.cut.Select(what => $"cut {what}"),
        .. profile.cutTraits.Select(cut => $"cut trait {cut.name} {cut.timestamp:O} {cut.messageId} {Text(cut.position)}"),
        .. profile.largeTraits.Select(large => $"large trait {large.above} {large.name} {large.timestamp:O} {large.messageId}"),
        profile.otherEvents is { } other ? $"other events {other.count} {other.first:O} {other.last:O} from {other.from}" : "",
        .. profile.absorbed.Select(id => $"absorbed {id}"),
        .. profile.reflects.Select(position => $"reflects {Text(position)}"),
        .. profile.since.Select(position => $"since {Text(position)}"),
        .. profile.recent.Select(recent => $"recent {recent.timestamp:O} {recent.messageId} {recent.type} {recent.name}"),
        .. profile.accounts.Select(link => $"account {link.accountId} {link.groupId} {link.timestamp:O} {link.messageId}"),
        .. profile.members.Select(member => $"member {member.identifier.type}:{member.identifier.value} {member.timestamp:O} {member.messageId}")]);

    private static string Text(RecordPosition position) => $"{position.topic}-{position.partition}@{position.offset}";

    private static readonly Gen<string> Traits =
        from members in Gen.Select(Gen.OneOf("email", "plan", "näme"), Gen.OneOf("1", "\"a\"", "null", "{\"x\":[1]}")).Array[0, 3]
        select "{" + string.Join(",", members.Select(member => $"\"{member.Item1}\":{member.Item2}")) + "}";

    /// <summary>Events with few different times, names and ids, so that they collide.</summary>
    public static readonly Gen<IdentifiedEvent> AnyEvent =
        from type in Gen.OneOf("track", "track", "identify", "identify", "page", "group")
        from second in Gen.Int[0, 3]
        from message in Gen.OneOf("m1", "m2", "m3")
        from name in Gen.OneOf("Viewed", "Ordered")
        from traits in Traits
        from account in Gen.OneOf("acme", "zeta")
        from ids in Gen.Select(Gen.OneOf("user_id", "email"), Gen.OneOf("a", "b", "c")).Array[0, 3]
        let identifiers = ids.Select(id => Id(id.Item1, id.Item2)).ToArray()
        select type == "group"
            ? Group("p", account, second, message, traits, identifiers)
            : Event("p", type, second, message, type == "identify" ? traits : null, type == "track" ? name : null, identifiers);

    /// <summary>Events at different positions.</summary>
    public static readonly Gen<(IdentifiedEvent Event, RecordPosition Position)[]> AnyEvents =
        from events in Gen.Select(AnyEvent, Gen.Int[0, 2]).Array[0, 12]
        select events.Select((e, i) => (e.Item1, Identified(e.Item2, i))).ToArray();
}
