using Avro.Specific;
using cdp;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;

namespace Cdp.Profiles.Tests.Deciding;

/// <summary>Pending splits are written and transferred in separate records.</summary>
public sealed class PendingSplitTests
{
    private readonly ProfilesView _view = new(Some.Splitting());
    private readonly Outbox _outbox = new();

    [Fact]
    public void WriteChanged_PendingSplit_WritesPartOnlyIfItChanged()
    {
        _view.Add(7, WithSplit("p"));
        Decide(Some.Track("p", "New"));
        Decision.WriteChanged(_view, _outbox);
        // The split has not changed, so only the profile is written, which refers to the stored part.
        var record = (Profile)Assert.Single(_outbox.Records).Value;
        Assert.Equal((5L, 0, 0), (Assert.Single(record.pending).sequence, record.pending[0].identifiers.Count, record.pending[0].before.Length));

        var (view, outbox) = (new ProfilesView(Some.Splitting()), new Outbox());
        view.Add(7, Some.Profile("p", Some.Track("p", "A")));
        view["p"].State.pending = [];
        view["p"].Change(null, WithSplit("p"));
        Decision.WriteChanged(view, outbox);
        Assert.Equal(["p/5", "p"], outbox.Records.Select(written => written.Key));
        var part = (Profile)outbox.Records[0].Value;
        Assert.Equal(("p", "p/5", 1L, 7), (part.heldBy, part.profileId, part.counts["Before"].count, outbox.Records[0].Partition));
        Assert.True(HeldParts.Attach(record, key => key == "p/5" ? part : null, Some.Codec));
        Assert.Equal(1, Some.Codec.Decode(record.pending[0].before).counts["Before"].count);
    }

    [Fact]
    public void WriteChanged_RemovedSplit_DeletesItsPart()
    {
        _view.Add(7, WithSplit("p"));
        Decide(Some.Merged("p", "w"));
        var written = new Outbox();
        Decision.WriteChanged(_view, written);
        Assert.Equal(["p", "p/5"], written.Records.Select(record => record.Key));
        Assert.True(PartRecord.IsDeleted((Profile)written.Records[1].Value));
    }

    [Fact]
    public void Decide_MergeWithPendingSplit_TransfersPartsThatArriveComplete()
    {
        _view.Add(7, WithSplit("l"));
        Decide(Some.Merged("l", "w"));
        ISpecificRecord[] sent = [.. _outbox.Records.Select(record => record.Value)];
        Assert.Equal([("w", "l"), (null, "l")], sent.Cast<ProfileTransferred>().Select(part => (part.state.heldBy is null ? null : "w", part.loserId)));
        Assert.All(sent.Cast<ProfileTransferred>(), part => Assert.Equal("w", part.winnerId));

        // The same records are decided again, as after a failure.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var view = new ProfilesView(Some.Splitting());
            view.Add(7, Some.Profile("w", Some.Track("w", "A")));
            foreach (var record in sent) Decision.Decide(view, Some.Incoming(record), Some.Folding, new Outbox());
            var state = view["w"].State;
            var split = Assert.Single(state.pending);
            Assert.Equal((5L, "x", 1L), (split.sequence, split.identifiers[0].value, Some.Codec.Decode(split.before).counts["Before"].count));
            Assert.Equal(["A", "Rest"], state.counts.Keys.Order());
            Assert.Equal(["l"], state.absorbed);
        }
    }

    private static Profile WithSplit(string profileId)
    {
        var profile = Some.Profile(profileId, Some.Track(profileId, "Rest"));
        profile.pending.Add(new PendingSplit
        {
            sequence = 5,
            into = "n",
            identifiers = [Some.Id("email", "x")],
            family = [profileId],
            cuts = [Some.Identified(0, 1)],
            before = Some.Codec.Encode(Some.Profile(profileId, Some.Track(profileId, "Before"))),
        });
        return profile;
    }

    private void Decide(ISpecificRecord record) => Decision.Decide(_view, Some.Incoming(record, 7), Some.Folding, _outbox);
}
