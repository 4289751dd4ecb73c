using System.Text.Json;
using cdp;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.State;

public sealed class FoldingTests
{
    [Fact]
    public void Fold_EventsInAnyOrder_SameState() =>
        Gen.Select(Some.AnyEvents, Gen.Int).Sample((events, seed) =>
            Assert.Equal(Some.Text(Folded(events)), Some.Text(Folded(Shuffled(events, seed)))));

    [Fact]
    public void Merge_AnySplitOfTheEvents_EqualsFoldOfAll() =>
        Gen.Select(Some.AnyEvents, Gen.Int, Gen.Int[0, 12]).Sample((events, seed, cut) =>
        {
            var shuffled = Shuffled(events, seed);
            var (a, b) = (shuffled.Take(cut), shuffled.Skip(cut));
            Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folded(a), Folded(b))));
            Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folded(b), Folded(a))));
        });

    [Fact]
    public void Merge_ThreeStates_Associative() =>
        Gen.Select(Some.AnyEvents, Some.AnyEvents, Some.AnyEvents).Sample((a, b, c) =>
            Assert.Equal(Some.Text(Merged(Merged(Folded(a), Folded(b)), Folded(c))), Some.Text(Merged(Folded(a), Merged(Folded(b), Folded(c))))));

    [Fact]
    public void Merge_Empty_ChangesNothing() =>
        Some.AnyEvents.Sample(events =>
        {
            Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folded(events), Folding.Empty("p"))));
            Assert.Equal(Some.Text(Folded(events)), Some.Text(Merged(Folding.Empty("p"), Folded(events))));
        });

    [Fact]
    public void Merge_Anything_LeavesTheSecondAsItWas() =>
        Gen.Select(Some.AnyEvents, Some.AnyEvents, Some.AnyEvents).Sample((a, b, later) =>
        {
            var from = Folded(b);
            var into = Merged(Folded(a), from);
            foreach (var (e, position) in later) Folding.Fold(into, e, position, Some.Ids);
            Assert.Equal(Some.Text(Folded(b)), Some.Text(from));
        });

    [Fact]
    public void MergeAccount_AnySplitOfTheCalls_EqualsFoldOfAll() =>
        Gen.Select(Some.AnyEvents, Gen.Int, Gen.Int[0, 12]).Sample((events, seed, cut) =>
        {
            var calls = Shuffled(events, seed).Where(e => e.Event.validated.envelope.groupId == "acme").ToArray();
            var (a, b) = (calls.Take(cut), calls.Skip(cut));
            Assert.Equal(Some.Text(FoldedAccount(calls.OrderBy(call => call.Position.offset))), Some.Text(Merged(FoldedAccount(a), FoldedAccount(b))));
            Assert.Equal(Some.Text(FoldedAccount(calls)), Some.Text(Merged(FoldedAccount(b), FoldedAccount(a))));
        });

    [Fact]
    public void Merge_MoreThanRecentHolds_TheLastOfAllInOrder() =>
        Gen.Select(Gen.Select(Gen.Int[0, 90], Gen.Int[0, 9]).Array[0, 3 * Recent.Limit], Gen.Int[0, 3 * Recent.Limit]).Sample((stamps, cut) =>
        {
            var events = stamps.Select((stamp, i) => (Some.Track("p", "A", stamp.Item1, $"m{stamp.Item2}"), Some.Identified(0, i))).ToArray();
            var expected = events.Select(e => e.Item1.validated.envelope).OrderByDescending(e => e.timestamp).ThenByDescending(e => e.messageId, StringComparer.Ordinal)
                .Take(Recent.Limit).Select(e => $"{e.timestamp:O} {e.messageId}");
            var merged = Merged(Folded(events.Take(cut)), Folded(events.Skip(cut)));
            Assert.Equal(expected, merged.recent.Select(recent => $"{recent.timestamp:O} {recent.messageId}"));
            Assert.Equal(events.Length, merged.total);
        });

    [Fact]
    public void Fold_MoreThanAccountsHold_TheOnesNamedLastStay()
    {
        var calls = Enumerable.Range(0, Accounts.LinksLimit + 3).Select(i => Some.Group("p", $"g{i}", second: i)).ToArray();
        var profile = Some.Profile("p", calls);
        Assert.Equal(calls.Skip(3).Select(call => call.validated.envelope.groupId).Order(StringComparer.Ordinal), profile.accounts.Select(link => link.groupId).Order(StringComparer.Ordinal));
        Assert.Equal(profile.accounts.Select(link => link.accountId).Order(StringComparer.Ordinal), profile.accounts.Select(link => link.accountId));
    }

    [Fact]
    public void Fold_Since_FirstRecordOfEachPartition()
    {
        var profile = Folded([(Some.Track("p", "A"), Some.Identified(1, 7)), (Some.Track("p", "A"), Some.Identified(1, 5)), (Some.Track("p", "A"), Some.Identified(0, 9))]);
        Assert.Equal([(0, 9), (1, 5)], profile.since.Select(position => (position.partition, position.offset)));
        Assert.Equal([(0, 9), (1, 7)], profile.reflects.Select(position => (position.partition, position.offset)));
    }

    [Fact]
    public void FoldAccount_Calls_TraitsCountsAndMembers()
    {
        var account = Folding.Empty(Some.AccountId("acme"));
        Folding.FoldAccount(account, Some.AccountEvent(Some.Group("p", "acme", 2, "m2", """{"plan":"gold"}""", Some.Id("user_id", "ada"), Some.Id("anonymous_id", "a")), Some.Identified(0, 1)));
        Folding.FoldAccount(account, Some.AccountEvent(Some.Group("q", "acme", 1, "m1", """{"plan":"free","seats":3}""", Some.Id("user_id", "bob")), Some.Identified(1, 1)));

        Assert.Equal(("account", 2, 2), (account.kind, account.total, account.counts["$group"].count));
        Assert.Equal(("\"gold\"", "3"), (account.traits["plan"].value, account.traits["seats"].value));
        Assert.Equal(["user_id ada m2", "user_id bob m1"], account.members.Select(member => $"{member.identifier.type} {member.identifier.value} {member.messageId}"));
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
    public void Fold_NullTrait_KeptWithProvenanceSoThatAnEarlierValueDoesNotComeBack()
    {
        var profile = Some.Profile("p", Some.Identify("p", """{"x":null}""", 2), Some.Identify("p", """{"x":1}""", 1));
        Assert.Equal("null", profile.traits["x"].value);
    }

    [Theory]
    [InlineData("group")]
    [InlineData("track")]
    public void Fold_TraitsOfAnotherCall_NotThePersons(string type)
    {
        var profile = Some.Profile("p", Some.Event("p", type, 0, "m", """{"x":1}"""));
        Assert.Empty(profile.traits);
    }

    [Theory]
    [InlineData("track", "Order Completed", "Order Completed")]
    [InlineData("track", null, "$track")]
    [InlineData("identify", null, "$identify")]
    [InlineData("page", null, "$page")]
    public void Fold_Event_CountedUnderItsNameOrType(string type, string? name, string expected)
    {
        var profile = Some.Profile("p", Some.Event("p", type, 5, "m", name: name), Some.Event("p", type, 3, "n", name: name));
        var (counted, count) = Assert.Single(profile.counts);
        Assert.Equal((expected, 2, Some.Noon.AddSeconds(3), Some.Noon.AddSeconds(5)), (counted, count.count, count.first, count.last));
        Assert.Equal((Some.Noon.AddSeconds(3), Some.Noon.AddSeconds(5)), (profile.firstSeen, profile.lastSeen));
    }

    [Fact]
    public void Fold_TraitsThatAreNoObject_ThrowsAndFoldsNothing()
    {
        var profile = Folding.Empty("p");
        Assert.ThrowsAny<JsonException>(() => Folding.Fold(profile, Some.Identify("p", """{"a":1,"""), Some.Identified(0, 0), Some.Ids));
        Assert.True(Folding.IsEmpty(profile));
        Assert.Empty(profile.traits);
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"a":1}""", "a=1")]
    [InlineData(""" { "a" : { "b" : [ 1 , 2 ] } , "c":1.50 } """, "a={ \"b\" : [ 1 , 2 ] };c=1.50")]
    [InlineData("""{"\u0061":"\u00e9é","t":true,"n":null}""", "a=\"\\u00e9é\";t=true;n=null")]
    [InlineData("""{"a":1,"a":2}""", "a=1;a=2")]
    public void Of_Object_EachValueAsSent(string json, string expected) =>
        Assert.Equal(expected, string.Join(';', JsonMembers.Of(json).Select(member => $"{member.Key}={member.Value}")));

    [Theory]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{\"a\"")]
    public void Of_NoObject_Throws(string json) => Assert.ThrowsAny<JsonException>(() => JsonMembers.Of(json));

    private static Profile Folded(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> events)
    {
        var profile = Folding.Empty("p");
        foreach (var (e, position) in events) Folding.Fold(profile, e, position, Some.Ids);
        return profile;
    }

    private static Profile FoldedAccount(IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> calls)
    {
        var account = Folding.Empty("acme");
        foreach (var (e, position) in calls) Folding.FoldAccount(account, Some.AccountEvent(e, position));
        return account;
    }

    private static Profile Merged(Profile into, Profile from)
    {
        Folding.Merge(into, from);
        return into;
    }

    private static T[] Shuffled<T>(T[] items, int seed)
    {
        T[] copy = [.. items];
        new Random(seed).Shuffle(copy);
        return copy;
    }
}
