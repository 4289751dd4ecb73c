using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;

namespace Cdp.Profiles.Tests.Deciding;

public sealed class DecisionTests
{
    private readonly ProfilesView _view = new(Some.Splitting());
    private readonly Outbox _outbox = new();

    [Fact]
    public void WriteChanged_SeveralEventsOfOneProfile_WritesOneRecordToTheInputPartition()
    {
        Stored(Folding.Empty("p"), Folding.Empty("q"));
        Decide(Some.Track("p", "A"), Some.Track("p", "A"), Some.Track("p", "B"));
        Decision.WriteChanged(_view, _outbox);

        var record = Assert.Single(_outbox.Records);
        Assert.Equal((Topics.Profiles, "p", 7), (record.Topic, record.Key, record.Partition));
        Assert.Equal(2, ((Profile)record.Value).counts["A"].count);
    }

    [Fact]
    public void Decide_EventOfAlias_IsForwardedWithItsOrigin()
    {
        Stored(Folding.Alias("l", "w"));
        var e = Some.Track("l", "A");
        Decide(e);

        var forwarded = Sent<EventForwarded>("w");
        Assert.Equal(("w", "l", e), (forwarded.winnerId, forwarded.loserId, forwarded.@event));
        Assert.Equal(("cdp.events.identified", 7, 0), (forwarded.origin.topic, forwarded.origin.partition, forwarded.origin.offset));
        Assert.Empty(_view.Changed);
    }

    [Fact]
    public void Decide_ForwardedEvent_IsFoldedUnderItsOrigin()
    {
        Stored(Folding.Empty("w"));
        Decide(Forwarded("w", "l", Some.Identified(3, 9)));

        var state = Assert.Single(_view.Changed).State;
        Assert.Equal(1, state.counts["A"].count);
        Assert.Equal((3, 9), (state.reflects[0].partition, state.reflects[0].offset));
        Assert.Empty(_outbox.Records);
    }

    [Fact]
    public void Decide_ForwardedEventOfAlias_IsForwardedAgain()
    {
        Stored(Folding.Alias("w", "x"));
        Decide(Forwarded("w", "l", Some.Identified(3, 9)));

        var forwarded = Sent<EventForwarded>("x");
        Assert.Equal(("x", "l", 3, 9), (forwarded.winnerId, forwarded.loserId, forwarded.origin.partition, forwarded.origin.offset));
    }

    [Theory]
    [InlineData("acme", 1)]
    [InlineData("undefined", 0)]
    public void Decide_AccountEventOfBlockedGroupId_ChangesNoAccount(string groupId, int changed)
    {
        var accountId = Some.AccountId(groupId);
        Stored(Folding.Empty(accountId));
        Decide(new AccountEvent { accountId = accountId, @event = Some.Group("p", groupId), origin = Some.Identified(3, 9) });

        Assert.Equal(changed, _view.Changed.Count());
        Assert.Empty(_outbox.Records);
    }

    [Fact]
    public void Decide_GroupCall_LinksPersonAndNotifiesAccount()
    {
        Stored(Folding.Empty("p"));
        var call = Some.Group("p", "acme", 3, "m", """{"plan":"gold"}""");
        Decide(call);

        var told = Sent<AccountEvent>(Some.AccountId("acme"));
        Assert.Equal((Some.AccountId("acme"), call, 7, 0), (told.accountId, told.@event, told.origin.partition, told.origin.offset));
        var state = Assert.Single(_view.Changed).State;
        Assert.Equal((Some.AccountId("acme"), "acme", "m"), (state.accounts[0].accountId, state.accounts[0].groupId, state.accounts[0].messageId));
        Assert.Empty(state.traits);
    }

    [Fact]
    public void Decide_GroupCallOfAlias_OnlyForwardsTheCall()
    {
        Stored(Folding.Alias("l", "w"));
        Decide(Some.Group("l", "acme"));
        Assert.IsType<EventForwarded>(Assert.Single(_outbox.Records).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public void Decide_GroupCallWithoutGroupId_IsOnlyCounted(string? groupId)
    {
        Stored(Folding.Empty("p"));
        Decide(Some.Group("p", groupId!));

        Assert.Empty(_outbox.Records);
        Assert.Equal((1, 0), (Assert.Single(_view.Changed).State.counts["$group"].count, _view.Changed.Single().State.accounts.Count));
    }

    [Fact]
    public void Decide_AccountEvent_IsFoldedIntoTheAccount()
    {
        var id = Some.AccountId("acme");
        Stored(Folding.Empty(id));
        Decide(Some.AccountEvent(Some.Group("p", "acme", 3, "m", """{"plan":"gold"}""", Some.Id("user_id", "ada")), Some.Identified(3, 9)));

        var state = Assert.Single(_view.Changed).State;
        Assert.Equal(("account", "\"gold\"", "ada", 9), (state.kind, state.traits["plan"].value, state.members[0].identifier.value, state.reflects[0].offset));
        Assert.Empty(_outbox.Records);
    }

    [Fact]
    public void Decide_MergeOfLoser_TransfersStateAndLeavesAlias()
    {
        Stored(Some.Profile("l", Some.Track("l", "A")));
        Decide(Some.Merged("l", "w", 5));

        var transferred = Sent<ProfileTransferred>("w");
        Assert.Equal(("w", "l", 5, 1), (transferred.winnerId, transferred.loserId, transferred.sequence, transferred.state.counts["A"].count));
        Assert.Equal(Some.Text(Folding.Alias("l", "w")), Some.Text(Assert.Single(_view.Changed).State));
    }

    [Fact]
    public void Decide_MergeOfLoserWithoutEvents_OnlyLeavesAlias()
    {
        Stored(Folding.Empty("l"));
        Decide(Some.Merged("l", "w"));

        Assert.Empty(_outbox.Records);
        Assert.Equal("w", Assert.Single(_view.Changed).State.mergedInto);
    }

    [Fact]
    public void Decide_EventAfterMergeInSameBatch_IsForwarded()
    {
        Stored(Some.Profile("l", Some.Track("l", "A")));
        Decide(Some.Merged("l", "w"), Some.Track("l", "B"));

        Assert.Equal([typeof(ProfileTransferred), typeof(EventForwarded)], _outbox.Records.Select(record => record.Value.GetType()));
        Assert.DoesNotContain("B", ((ProfileTransferred)_outbox.Records[0].Value).state.counts.Keys);
    }

    [Fact]
    public void Decide_MergeOfAlias_ChangesNothing()
    {
        Stored(Folding.Alias("l", "w"));
        Decide(Some.Merged("l", "w"), Some.Merged("l", "x"));

        Assert.Empty(_outbox.Records);
        Assert.Empty(_view.Changed);
    }

    [Fact]
    public void Decide_MergeIntoItself_Throws()
    {
        Stored(Folding.Empty("l"));
        Assert.Throws<InvalidDataException>(() => Decide(Some.Merged("l", "l")));
    }

    [Fact]
    public void Decide_SameTransferTwice_IsAppliedOnce()
    {
        Stored(Some.Profile("w", Some.Track("w", "A")));
        var transfer = Transferred("w", Some.Profile("l", Some.Track("l", "A")));
        Decide(transfer, transfer);

        var state = Assert.Single(_view.Changed).State;
        Assert.Equal(2, state.counts["A"].count);
        Assert.Equal(["l"], state.absorbed);
    }

    [Fact]
    public void Decide_TransferOfEarlierWinner_IncludesItsAbsorbedProfiles()
    {
        var loser = Some.Profile("l", Some.Track("l", "A"));
        loser.absorbed.Add("k");
        Stored(Folding.Empty("w"));
        Decide(Transferred("w", loser), Transferred("w", Some.Profile("k", Some.Track("k", "A"))));

        var state = Assert.Single(_view.Changed).State;
        Assert.Equal(1, state.counts["A"].count);
        Assert.Equal(["k", "l"], state.absorbed);
    }

    [Fact]
    public void Decide_TransferToAlias_IsPassedOnUnderTheLoser()
    {
        Stored(Folding.Alias("w", "x"));
        Decide(Transferred("w", Some.Profile("l", Some.Track("l", "A"))));

        var transferred = Sent<ProfileTransferred>("x");
        Assert.Equal(("x", "l", 1), (transferred.winnerId, transferred.loserId, transferred.state.counts["A"].count));
        Assert.Empty(_view.Changed);
    }

    [Fact]
    public void ProfileId_RecordOfAnotherTopic_Throws() =>
        Assert.Throws<InvalidDataException>(() => Decision.ProfileId(Some.Incoming(Some.Identified(0, 0))));

    private void Stored(params Profile[] profiles)
    {
        foreach (var profile in profiles) _view.Add(7, profile);
    }

    private void Decide(params ISpecificRecord[] records)
    {
        for (var i = 0; i < records.Length; i++) Decision.Decide(_view, Some.Incoming(records[i], 7, i), Some.Folding, _outbox);
    }

    private T Sent<T>(string key)
    {
        var record = Assert.Single(_outbox.Records);
        Assert.Equal((Topics.ProfilesTransfers, key), (record.Topic, record.Key));
        return Assert.IsType<T>(record.Value);
    }

    private static EventForwarded Forwarded(string winner, string loser, RecordPosition origin) =>
        new() { winnerId = winner, loserId = loser, @event = Some.Track(loser, "A"), origin = origin };

    private static ProfileTransferred Transferred(string winner, Profile state) =>
        new() { winnerId = winner, loserId = state.profileId, sequence = 1, state = state };
}
