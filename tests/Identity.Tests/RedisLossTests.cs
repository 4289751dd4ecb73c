using cdp;
using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>A Redis server that is killed under the running service, and comes back with what it saved before, or with nothing.</summary>
public sealed class RedisLossTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Service_RedisComesBackWithLess_GoesOnAsIfNothingWasLost(bool hasSnapshot)
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await server.ConnectAsync();
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.AppliedAsync())?.Sequence == 1, "the first decision is in Redis");
        if (hasSnapshot) await redis.GetDatabase().ExecuteAsync("SAVE");
        await stack.SendAsync(A.Event("2", userId: "u", anonymousId: "b"), A.Event("3", userId: "v", anonymousId: "b"));
        await stack.ReadAsync(identified: 3);
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.AppliedAsync())?.Sequence == 3, "the refusal is in Redis");

        server.Kill();
        await server.ResumeAsync();
        await stack.SendAsync(A.Event("4", anonymousId: "b"), A.Event("5", userId: "u", anonymousId: "b"), A.Event("6", anonymousId: "a"));
        var records = await stack.ReadAsync(identified: 6);

        Assert.Equal(["linked", "linked", "limit"], (await stack.DecisionsAsync()).Select(decision => decision.kind));
        Assert.All(records.OfType<IdentifiedEvent>().Where(identified => identified.validated.envelope.messageId is not "3"), identified => Assert.Equal(A.ProfileIds.Implied(A.User("u")), identified.profileId));
        Assert.Equal(["2", "3", "4", "5"], records.OfType<IdentifiedEvent>().Select(identified => identified.validated.envelope).Where(envelope => envelope.anonymousId == "b").Select(envelope => envelope.messageId).Order());
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.RootsAsync([A.Anonymous("a"), A.Anonymous("b")])).Count == 2 && (await stack.Store.AppliedAsync())?.Sequence == 3, "Redis has all decisions again");
        Assert.Equal(2, (await stack.Store.DecisionsAsync(A.ProfileIds.Implied(A.User("u")))).Count);
    }
}
