using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.State;

/// <summary>What is cut is a function of the set of events; it depends neither on their order nor on how they were divided.</summary>
public sealed class BoundsProperties
{
    /// <summary>Bounds so small that nearly every set of events exceeds them.</summary>
    internal static readonly Bounds Tiny = new()
    {
        Traits = 4,
        TraitSizes = [new(3, 2), new(8, 1), new(20, 0)],
        Events = 2,
        Identifiers = 3,
        AccountIdentifiers = 2,
        Recent = 3,
        Links = 2,
        Members = 2,
        Related = 3,
    };

    private static readonly Folding Within = new(Some.Ids, Tiny, Some.NoBlocked);

    private static readonly Folding Unbounded = new(
        Some.Ids,
        new Bounds { Traits = 999, TraitSizes = [new(999, 999)], Events = 999, Identifiers = 999, AccountIdentifiers = 999, Links = 999, Members = 999 },
        Some.NoBlocked);

    private static readonly DateTime[] Times =
    [
        Some.Noon,
        Some.Noon.AddSeconds(1),
        Some.Noon.AddSeconds(2),
        DateTime.MinValue.ToUniversalTime(),
        new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        DateTime.UnixEpoch,
    ];

    private static readonly Gen<string> Name = Gen.OneOf("a", "b", "c", "d", "e", "f", new string('n', 129), new string('é', 65));

    private static readonly Gen<string> Traits =
        from members in Gen.Select(Name, Gen.Int[1, 25]).Array[0, 4]
        select "{" + string.Join(",", members.Select(member => $"\"{member.Item1}\":{new string('1', member.Item2)}")) + "}";

    private static readonly Gen<(IdentifiedEvent Event, RecordPosition Position)[]> Events = (
        from type in Gen.OneOf("track", "identify", "identify", "group")
        from time in Gen.OneOf(Times)
        from message in Gen.OneOf("m1", "m2", new string('m', 65), new string('m', 66))
        from name in Name
        from readable in Traits
        from isUnreadable in Gen.Int[0, 9]
        let traits = isUnreadable == 0 ? "[]" : readable
        from account in Gen.OneOf("acme", "zeta", "beta", new string('g', 200))
        from ids in Gen.Select(Gen.OneOf("user_id", "email"), Gen.OneOf("a", "b", "c", new string('i', 500), new string('j', 500))).Array[0, 3]
        let identifiers = ids.Select(id => Some.Id(id.Item1, id.Item2)).ToArray()
        select At(time, type == "group"
            ? Some.Group("p", account, 0, message, traits, identifiers)
            : Some.Event("p", type, 0, message, type == "identify" ? traits : null, type == "track" ? name : null, identifiers)))
        .Array[0, 14].Select(events => events.Select((e, i) => (e, Some.Identified(i % 3, i))).ToArray());

    [Fact]
    public void Merge_AnyDivisionInAnyOrder_EqualsFoldOfAll() => Gen.Select(Events, Gen.Int, Gen.Int[0, 14]).Sample((events, seed, cut) =>
    {
        var shuffled = Some.Shuffled(events, seed);
        var (a, b) = (shuffled.Take(cut), shuffled.Skip(cut));
        Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folded(a), Folded(b))));
        Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folded(b), Folded(a))));
    }, iter: 1_000);

    [Fact]
    public void Merge_AnyDivisionOfAccountInAnyOrder_EqualsFoldOfAll() => Gen.Select(Events, Gen.Int, Gen.Int[0, 14]).Sample((events, seed, cut) =>
    {
        var calls = Some.Shuffled(events, seed).Where(e => e.Event.validated.envelope.type == "group").ToArray();
        var (a, b) = (calls.Take(cut), calls.Skip(cut));
        Assert.Equal(Some.Text(FoldedAccount(calls.OrderBy(call => call.Position.offset))), Some.Text(Merged(FoldedAccount(a), FoldedAccount(b))));
    });

    [Fact]
    public void Merge_FourStates_IsAssociative() => Gen.Select(Events, Events, Events, Events).Sample((a, b, c, d) =>
    {
        var fromTheLeft = Merged(Merged(Merged(Folded(a), Folded(b)), Folded(c)), Folded(d));
        var fromTheRight = Merged(Folded(a), Merged(Folded(b), Merged(Folded(c), Folded(d))));
        Assert.Equal(Some.Text(fromTheLeft), Some.Text(fromTheRight));
    });

    [Fact]
    public void Merge_PersonAndAccount_IsCommutative() => Gen.Select(Events, Events).Sample((a, events) =>
    {
        // After the others, because two events never have the same position.
        (IdentifiedEvent, RecordPosition)[] b = [.. events.Select(e => (e.Event, Some.Identified(e.Position.partition, e.Position.offset + 1_000)))];
        Assert.Equal(Some.Text(Merged(Folded(a), FoldedAccount(b))), Some.Text(Merged(FoldedAccount(b, "p"), Folded(a))));
    });

    /// <summary>Computes the expected traits from all events at once, by the definition of the bounds.</summary>
    [Fact]
    public void Fold_Traits_KeepsThoseOfTheDefinition() => Events.Sample(events =>
    {
        // If an event has two members with the same name, the second is the value, but the first was written as well.
        var values = WritesOf(events, members => members.Reverse().DistinctBy(member => member.Key));
        var all = WritesOf(events, members => members);
        var newest = Newest(values.GroupBy(write => write.Name).Select(Last)).ToList();
        var expected = newest.Take(Tiny.Traits).ToDictionary(write => write.Name, write => Tiny.TraitSizes.Where(size => write.Size > size.Above).All(size =>
            Newest(all.Where(large => large.Size > size.Above).GroupBy(large => large.Name).Select(Last))
                .Take(size.Count)
                .Any(large => large.Name == write.Name && large.Time == write.Time && large.Message == write.Message)));

        var profile = Folded(events);
        var kept = expected.Where(trait => trait.Value).Select(trait => trait.Key);
        Assert.Equal(kept.Order(StringComparer.Ordinal), profile.traits.Keys.Order(StringComparer.Ordinal));
        var cut = expected.Where(trait => !trait.Value).Select(trait => trait.Key);
        Assert.Equal(cut.Order(StringComparer.Ordinal), profile.cutTraits.Select(cut => cut.name));
        var isIncomplete = newest.Count > Tiny.Traits || events.Any(e => e.Event.validated.envelope is { type: "identify" } envelope
            && (envelope.traits == "[]" || JsonMembers.Of(envelope.traits)!.Any(member => Encoding.UTF8.GetByteCount(member.Key) > 128)));
        Assert.Equal(isIncomplete, profile.cut.Contains(Cuts.Traits));

        static Write Last(IEnumerable<Write> writes) => writes
            .OrderBy(write => write.Time).ThenBy(write => write.Message, StringComparer.Ordinal)
            .ThenBy(write => write.Position.partition).ThenBy(write => write.Position.offset)
            .Last();

        static IEnumerable<Write> Newest(IEnumerable<Write> writes) => writes
            .OrderByDescending(write => write.Time)
            .ThenByDescending(write => write.Message, StringComparer.Ordinal)
            .ThenByDescending(write => write.Name, StringComparer.Ordinal);
    }, iter: 1_000);

    [Fact]
    public void Fold_Counts_KeepsThoseOfTheDefinition() => Events.Sample(events =>
    {
        var names = events.Select(e => e.Event.validated.envelope).Select(e => e is { type: "track", @event: var name } ? name : $"${e.type}").ToList();
        var kept = names.Distinct().Where(name => Encoding.UTF8.GetByteCount(name) <= 128)
            .OrderBy(name => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) >> 1).Take(Tiny.Events).ToHashSet();

        var profile = Folded(events);
        var expected = names.Where(kept.Contains).CountBy(name => name).Select(count => (count.Key, (long)count.Value));
        Assert.Equal(expected.Order(), profile.counts.Select(count => (count.Key, count.Value.count)).Order());
        Assert.Equal(names.Count(name => !kept.Contains(name)), profile.otherEvents?.count ?? 0);
        Assert.Equal(events.Length, profile.total);
    });

    /// <summary>
    /// A state that was folded without bounds is cut afterwards. All values of a trait have the same size here, because such a state does not know larger
    /// values that were replaced.
    /// </summary>
    [Fact]
    public void WithinBounds_FoldedWithoutBounds_EqualsFoldWithinBounds() => Events.Sample(events =>
    {
        foreach (var (e, _) in events.Where(e => e.Event.validated.envelope.type == "identify" && e.Event.validated.envelope.traits != "[]"))
        {
            var members = JsonMembers.Of(e.validated.envelope.traits)!.DistinctBy(member => member.Key);
            var resized = members.Select(member => $"\"{member.Key}\":{new string('1', member.Key[0] % 3 * 5 + 1)}");
            e.validated.envelope.traits = "{" + string.Join(",", resized) + "}";
        }
        var old = Some.Folded(events, Unbounded);
        old.recent = [.. old.recent.Reverse()];
        old.bounds = 0;
        Assert.Equal(Some.Text(Folded(events)), Some.Text(Within.WithinBounds(old)));
    });

    private static IdentifiedEvent At(DateTime time, IdentifiedEvent e)
    {
        e.validated.envelope.timestamp = time;
        return e;
    }

    private sealed record Write(string Name, int Size, DateTime Time, string Message, RecordPosition Position);

    private static List<Write> WritesOf(
        IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> events,
        Func<IReadOnlyList<KeyValuePair<string, string>>, IEnumerable<KeyValuePair<string, string>>> choose)
    {
        var writes = from e in events
                     let envelope = e.Event.validated.envelope
                     where envelope.type == "identify" && envelope.traits != "[]"
                     from member in choose(JsonMembers.Of(envelope.traits)!)
                     where Encoding.UTF8.GetByteCount(member.Key) <= 128
                     select new Write(member.Key, member.Value.Length, EventTime.Of(envelope), Texts.MessageId(envelope.messageId), e.Position);
        return [.. writes];
    }

    private static Profile Folded(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> events) => Some.Folded(events, Within);

    private static Profile FoldedAccount(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> calls, string profileId = "acme") =>
        Some.FoldedAccount(calls.Where(call => call.Event.validated.envelope.type == "group"), Within, profileId);

    private static Profile Merged(Profile into, Profile from)
    {
        Within.Merge(into, from);
        return into;
    }
}
