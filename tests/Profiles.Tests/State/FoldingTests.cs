using System.Text.Json;
using cdp;
using Cdp.Identifiers.Types;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.State;

public sealed class FoldingTests
{
    [Theory]
    [InlineData(null, "plan", "seats")]
    [InlineData("user_traits", null, "seats")]
    [InlineData("group_traits", "plan", null)]
    [InlineData("user_ids", "plan", "seats")]
    public void Fold_WithheldTraits_AreNotSet(string? withheld, string? ofUser, string? ofAccount)
    {
        var identify = Some.Event("p", "identify", 1, "m1", """{"plan":"pro"}""");
        var group = Some.Group("p", "acme", 2, "m2", """{"seats":5}""");
        foreach (var identified in new[] { identify, group }) identified.validated.envelope.withheld = withheld is null ? null : [withheld];
        var (person, account) = (Folding.Empty("p"), Folding.Empty(Some.AccountId("acme")));
        Some.Folding.Fold(person, identify, Some.Identified(0, 1));
        Some.Folding.FoldAccount(account, Some.AccountEvent(group, Some.Identified(0, 2)));

        Assert.Equal((ofUser, ofAccount), (person.traits.Keys.SingleOrDefault(), account.traits.Keys.SingleOrDefault()));
        Assert.Equal((1, 1), (person.total, account.total));
    }

    [Theory]
    [InlineData("undefined")]
    [InlineData("[object Object]")]
    [InlineData(" Null ")]
    [InlineData("{{groupId}}")]
    [InlineData("0")]
    [InlineData("no account", "No Account")]
    [InlineData("ACME", null, false)]
    [InlineData("guest", null, true)]
    [InlineData("guest", null, false, "guest")]
    public void LinkOf_BlockedGroupId_CreatesNoAccount(string groupId, string? blocked = null, bool isBlocked = true, string? allowed = null)
    {
        var folding = new Folding(Some.Ids, Bounds.Default, new BlockedValues(blocked is null ? [] : [blocked], [], allowed is null ? [] : [allowed]));
        var person = Folding.Empty("p");
        folding.Fold(person, Some.Group("p", groupId), Some.Identified(0, 1));

        Assert.Equal(isBlocked, folding.LinkOf(Some.Group("p", groupId).validated.envelope) is null);
        Assert.Equal(isBlocked ? 0 : 1, person.accounts.Count);
        Assert.Equal(1, person.counts["$group"].count);
    }

    [Theory]
    [InlineData(IdentifierTypes.MaxValueLength, false)]
    [InlineData(IdentifierTypes.MaxValueLength + 1, true)]
    [InlineData(1_000_000, true)]
    public void LinkOf_TooLongGroupIdOfOldRecord_CreatesNoAccount(int length, bool isTooLong) =>
        Assert.Equal(isTooLong, Some.Folding.LinkOf(Some.Group("p", new string('a', length)).validated.envelope) is null);

    [Fact]
    public void Fold_EventsInAnyOrder_GivesTheSameState() =>
        Gen.Select(Some.AnyEvents, Gen.Int).Sample((events, seed) =>
            Assert.Equal(Some.Text(Some.Folded(events)), Some.Text(Some.Folded(Some.Shuffled(events, seed)))));

    [Fact]
    public void Merge_AnyDivisionOfTheEvents_EqualsFoldOfAll() =>
        Gen.Select(Some.AnyEvents, Gen.Int, Gen.Int[0, 12]).Sample((events, seed, cut) =>
        {
            var shuffled = Some.Shuffled(events, seed);
            var (a, b) = (shuffled.Take(cut), shuffled.Skip(cut));
            Assert.Equal(Some.Text(Some.Folded(events)), Some.Text(Merged(Some.Folded(a), Some.Folded(b))));
            Assert.Equal(Some.Text(Some.Folded(events)), Some.Text(Merged(Some.Folded(b), Some.Folded(a))));
        });

    [Fact]
    public void Merge_ThreeStates_IsAssociative() =>
        Gen.Select(Some.AnyEvents, Some.AnyEvents, Some.AnyEvents).Sample((a, b, c) =>
        {
            var fromTheLeft = Merged(Merged(Some.Folded(a), Some.Folded(b)), Some.Folded(c));
            var fromTheRight = Merged(Some.Folded(a), Merged(Some.Folded(b), Some.Folded(c)));
            Assert.Equal(Some.Text(fromTheLeft), Some.Text(fromTheRight));
        });

    [Fact]
    public void Merge_EmptyState_ChangesNothing() =>
        Some.AnyEvents.Sample(events =>
        {
            Assert.Equal(Some.Text(Some.Folded(events)), Some.Text(Merged(Some.Folded(events), Folding.Empty("p"))));
            Assert.Equal(Some.Text(Some.Folded(events)), Some.Text(Merged(Folding.Empty("p"), Some.Folded(events))));
        });

    [Fact]
    public void Merge_AnyStates_LeavesTheSecondUnchanged() =>
        Gen.Select(Some.AnyEvents, Some.AnyEvents, Some.AnyEvents).Sample((a, b, later) =>
        {
            var from = Some.Folded(b);
            var into = Merged(Some.Folded(a), from);
            foreach (var (e, position) in later) Some.Folding.Fold(into, e, position);
            Assert.Equal(Some.Text(Some.Folded(b)), Some.Text(from));
        });

    [Fact]
    public void Merge_AnyDivisionOfTheCallsOfAccount_EqualsFoldOfAll() =>
        Gen.Select(Some.AnyEvents, Gen.Int, Gen.Int[0, 12]).Sample((events, seed, cut) =>
        {
            var calls = Some.Shuffled(events, seed).Where(e => e.Event.validated.envelope.groupId == "acme").ToArray();
            var (a, b) = (calls.Take(cut), calls.Skip(cut));
            var expected = Some.FoldedAccount(calls.OrderBy(call => call.Position.offset));
            Assert.Equal(Some.Text(expected), Some.Text(Merged(Some.FoldedAccount(a), Some.FoldedAccount(b))));
            Assert.Equal(Some.Text(Some.FoldedAccount(calls)), Some.Text(Merged(Some.FoldedAccount(b), Some.FoldedAccount(a))));
        });

    [Fact]
    public void Merge_MoreRecentEventsThanAllowed_KeepsTheNewestInOrder() =>
        Gen.Select(Gen.Select(Gen.Int[0, 90], Gen.Int[0, 9]).Array[0, 3 * Bounds.Default.Recent], Gen.Int[0, 3 * Bounds.Default.Recent]).Sample((stamps, cut) =>
        {
            var events = stamps.Select((stamp, i) => (Some.Track("p", "A", stamp.Item1, $"m{stamp.Item2}"), Some.Identified(0, i))).ToArray();
            var expected = events.Select(e => e.Item1.validated.envelope)
                .OrderByDescending(e => e.timestamp).ThenByDescending(e => e.messageId, StringComparer.Ordinal)
                .Take(Bounds.Default.Recent).Select(e => $"{e.timestamp:O} {e.messageId}");
            var merged = Merged(Some.Folded(events.Take(cut)), Some.Folded(events.Skip(cut)));
            Assert.Equal(expected, merged.recent.Select(recent => $"{recent.timestamp:O} {recent.messageId}"));
            Assert.Equal(events.Length, merged.total);
        });

    [Fact]
    public void Fold_MoreAccountsThanAllowed_KeepsThoseNamedMostRecently()
    {
        var calls = Enumerable.Range(0, Bounds.Default.Links + 3).Select(i => Some.Group("p", $"g{i}", second: i)).ToArray();
        var profile = Some.Profile("p", calls);
        var expected = calls.Skip(3).Select(call => call.validated.envelope.groupId).Order(StringComparer.Ordinal);
        Assert.Equal(expected, profile.accounts.Select(link => link.groupId).Order(StringComparer.Ordinal));
        Assert.Equal(profile.accounts.Select(link => link.accountId).Order(StringComparer.Ordinal), profile.accounts.Select(link => link.accountId));
    }

    [Fact]
    public void Fold_RecordsOfSeveralPartitions_KeepsFirstAndLastPositionOfEach()
    {
        RecordPosition[] positions = [Some.Identified(1, 7), Some.Identified(1, 5), Some.Identified(0, 9)];
        var profile = Some.Folded(positions.Select(position => (Some.Track("p", "A"), position)));
        Assert.Equal([(0, 9), (1, 5)], profile.since.Select(position => (position.partition, position.offset)));
        Assert.Equal([(0, 9), (1, 7)], profile.reflects.Select(position => (position.partition, position.offset)));
    }

    [Fact]
    public void FoldAccount_Calls_SetsTraitsCountsAndMembers()
    {
        var account = Folding.Empty(Some.AccountId("acme"));
        var ofAda = Some.Group("p", "acme", 2, "m2", """{"plan":"gold"}""", Some.Id("user_id", "ada"), Some.Id("anonymous_id", "a"));
        var ofBob = Some.Group("q", "acme", 1, "m1", """{"plan":"free","seats":3}""", Some.Id("user_id", "bob"));
        Some.Folding.FoldAccount(account, Some.AccountEvent(ofAda, Some.Identified(0, 1)));
        Some.Folding.FoldAccount(account, Some.AccountEvent(ofBob, Some.Identified(1, 1)));

        Assert.Equal(("account", 2, 2), (account.kind, account.total, account.counts["$group"].count));
        Assert.Equal(("\"gold\"", "3"), (account.traits["plan"].value, account.traits["seats"].value));
        var members = account.members.Select(member => $"{member.identifier.type} {member.identifier.value} {member.messageId}");
        Assert.Equal(["user_id ada m2", "user_id bob m1"], members);
        Assert.Equal(["group_id acme"], account.identifiers.Select(identifier => $"{identifier.type} {identifier.value}"));
    }

    [Theory]
    [InlineData(1, "a", 2, "a", "\"second\"")]
    [InlineData(2, "a", 1, "a", "\"first\"")]
    [InlineData(1, "a", 1, "b", "\"second\"")]
    [InlineData(1, "b", 1, "a", "\"first\"")]
    public void Fold_TwoWritesOfATrait_LastByTimeThenMessageIdWins(int time1, string message1, int time2, string message2, string expected)
    {
        var profile = Some.Profile("p", Some.Identify("p", """{"x":"first"}""", time1, message1), Some.Identify("p", """{"x":"second"}""", time2, message2));
        Assert.Equal(expected, profile.traits["x"].value);
    }

    [Fact]
    public void Fold_NullTrait_IsKeptSoThatAnEarlierValueDoesNotReappear()
    {
        var profile = Some.Profile("p", Some.Identify("p", """{"x":null}""", 2), Some.Identify("p", """{"x":1}""", 1));
        Assert.Equal("null", profile.traits["x"].value);
    }

    [Theory]
    [InlineData("group")]
    [InlineData("track")]
    public void Fold_TraitsOfOtherCalls_AreNotSetOnThePerson(string type)
    {
        var profile = Some.Profile("p", Some.Event("p", type, 0, "m", """{"x":1}"""));
        Assert.Empty(profile.traits);
    }

    [Theory]
    [InlineData("track", "Order Completed", "Order Completed")]
    [InlineData("track", null, "$track")]
    [InlineData("identify", null, "$identify")]
    [InlineData("page", null, "$page")]
    public void Fold_Event_IsCountedUnderItsNameOrType(string type, string? name, string expected)
    {
        var profile = Some.Profile("p", Some.Event("p", type, 5, "m", name: name), Some.Event("p", type, 3, "n", name: name));
        var (counted, count) = Assert.Single(profile.counts);
        Assert.Equal((expected, 2, Some.Noon.AddSeconds(3), Some.Noon.AddSeconds(5)), (counted, count.count, count.first, count.last));
        Assert.Equal((Some.Noon.AddSeconds(3), Some.Noon.AddSeconds(5)), (profile.firstSeen, profile.lastSeen));
    }

    [Theory]
    [InlineData("""{"a":1,""")]
    [InlineData("[]")]
    [InlineData("")]
    public void Fold_TraitsNotAnObject_CountsTheEventWithoutThem(string traits)
    {
        var profile = Some.Profile("p", Some.Identify("p", traits));
        Assert.Equal((1L, 0, Cuts.Traits), (profile.total, profile.traits.Count, Assert.Single(profile.cut)));
    }

    [Fact]
    public void FoldAccount_TraitsNotAnObject_CountsTheCallWithoutThem()
    {
        var account = Folding.Empty("acme");
        Some.Folding.FoldAccount(account, Some.AccountEvent(Some.Group("p", "acme", 1, "m", "[]"), Some.Identified(0, 0)));
        Assert.Equal((1L, 0, Cuts.Traits), (account.total, account.traits.Count, Assert.Single(account.cut)));
    }

    /// <summary>A request of a real sender. Ingestion accepted its traits, but no later service could fold them.</summary>
    [Theory]
    [InlineData("identify")]
    [InlineData("group")]
    public void Fold_TraitNameWithUnpairedSurrogate_IsFoldedUnderRepairedName(string type)
    {
        using var request = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "State", "trait-name-lone-surrogate.json")));
        var traits = request.RootElement.GetProperty("batch")[0].GetProperty("traits").GetRawText();
        var profile = Folding.Empty("p");
        if (type == "identify") Some.Folding.Fold(profile, Some.Identify("p", traits), Some.Identified(0, 0));
        else Some.Folding.FoldAccount(profile, Some.AccountEvent(Some.Group("p", "acme", 1, "m", traits), Some.Identified(0, 0)));
        Assert.Equal((1L, "1", "\"v\""), (profile.total, profile.traits["ok"].value, profile.traits["bad\ufffd"].value));
        Assert.Equal(Some.Text(profile), Some.Text(Some.Codec.Decode(Some.Codec.Encode(profile))));
    }

    private static Profile Merged(Profile into, Profile from)
    {
        Some.Folding.Merge(into, from);
        return into;
    }
}
