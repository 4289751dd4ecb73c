using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Answering;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests.Answering;

public sealed class DecisionHistoryTests
{
    private readonly Graph _graph = new Graph(A.ProfileIds);
    private readonly ModelRedis _redis = new();
    private readonly List<IdentityDecision> _log = [];

    [Fact]
    public async Task OfAsync_ProfileOfTwoHistories_HasBothInOrder()
    {
        Link("m1", A.User("u"), A.Anonymous("a"));
        Link("m2", A.Email("e@x.org"), A.Anonymous("b"));
        Link("other", A.User("v"), A.Anonymous("c"));
        Link("m3", A.User("u"), A.Email("e@x.org"));
        Assert.Equal(["m1", "m2", "m3"], await HistoryAsync(A.Anonymous("b")));
        Assert.Equal(["other"], await HistoryAsync(A.User("v")));
    }

    [Fact]
    public async Task OfAsync_WhatWasSplitOff_HasWhatWasBeforeAndNotWhatFollowed()
    {
        Link("m1", A.User("u"), A.Anonymous("a"));
        Link("m2", A.User("u"), A.Anonymous("b"));
        Split("s3", A.Anonymous("b"));
        Link("m4", A.User("u"), A.Anonymous("c"));
        Link("m5", A.Anonymous("b"), A.Anonymous("d"));
        Assert.Equal(["m1", "m2", "s3", "m5"], await HistoryAsync(A.Anonymous("d")));
        Assert.Equal(["m1", "m2", "s3", "m4"], await HistoryAsync(A.User("u")));
    }

    [Fact]
    public async Task OfAsync_WhatWasSplitOffAndCameBack_HasAllOnce()
    {
        Link("m1", A.User("u"), A.Anonymous("a"));
        Split("s2", A.User("u"));
        Link("m3", A.Anonymous("a"), A.Anonymous("b"));
        Link("m4", A.User("u"), A.Anonymous("c"));
        Link("m5", A.User("u"), A.Anonymous("a"));
        Assert.Equal(["m1", "s2", "m3", "m4", "m5"], await HistoryAsync(A.Anonymous("b")));
    }

    private async Task<IEnumerable<string>> HistoryAsync(Identifier identifier)
    {
        _redis.CatchUp(_log);
        var history = await DecisionHistory.OfAsync(
            _graph.RootOf(identifier),
            root => Task.FromResult(_redis.Nodes.GetValueOrDefault(root, ModelNode.Empty).Decisions),
            offsets => Task.FromResult<IReadOnlyList<IdentityDecision>>([.. offsets.Select(offset => _log[((int)offset / 2) - 1])]));
        return history.Select(decision => decision.messageId);
    }

    private void Link(string messageId, params Identifier[] identifiers) => _log.Add(Linker.Decide(A.Unlimited, _graph, A.Request(messageId, identifiers), A.At(0), A.Now).Decision!);

    private void Split(string requestId, params Identifier[] identifiers) => _log.Add(Unlink.Decide(_graph, A.Unlink(requestId, identifiers), A.At(0), A.Now).Decision!);
}
