using cdp;
using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Storing;

/// <summary>A Redis server is killed while the service runs, and returns with its last snapshot or with nothing.</summary>
[Trait("tier", "integration")]
public sealed class RedisLossTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Service_RedisReturnsWithLess_ContinuesAsIfNothingWasLost(bool hasSnapshot)
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await server.ConnectAsync();
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await stack.SendAsync(Given.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);
        await stack.AppliedAsync(1);
        if (hasSnapshot) await redis.GetDatabase().ExecuteAsync("SAVE");
        await stack.SendAsync(Given.Event("2", userId: "u", anonymousId: "b"), Given.Event("3", userId: "v", anonymousId: "b"));
        await stack.ReadAsync(identified: 3);
        await stack.AppliedAsync(3);

        server.Kill();
        await server.ResumeAsync();
        await stack.SendAsync(Given.Event("4", anonymousId: "b"), Given.Event("5", userId: "u", anonymousId: "b"), Given.Event("6", anonymousId: "a"));
        var events = (await stack.ReadAsync(identified: 6)).OfType<IdentifiedEvent>().ToList();

        Assert.Equal(["linked", "linked", "limit"], (await stack.DecisionsAsync()).Select(decision => decision.kind));
        var ofUser = events.Where(identified => identified.validated.envelope.messageId is not "3");
        Assert.All(ofUser, identified => Assert.Equal(Given.ProfileIds.Implied(Given.User("u")), identified.profileId));
        var ofDevice = events.Select(identified => identified.validated.envelope).Where(envelope => envelope.anonymousId == "b");
        Assert.Equal(["2", "3", "4", "5"], ofDevice.Select(envelope => envelope.messageId).Order());
        await stack.AppliedAsync(3);
        Assert.Equal(2, (await stack.Store.RootsAsync([Given.Anonymous("a"), Given.Anonymous("b")])).ByIdentifier.Count);
        Assert.Equal(2, (await stack.Store.DecisionOffsetsAsync(Given.ProfileIds.Implied(Given.User("u")))).Count);
    }
}
