using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;
using Cdp.Identity.Answering;
using Cdp.Identity.Linking;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Answering;

/// <summary>What an operator is told of an unmerge when the linker, or Redis, goes away at the wrong moment.</summary>
public sealed class UnmergingTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Linker_CannotSayASplit_DoesNotGoOnBeforeItIsSaid()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        // What a linker left that ended behind its commit.
        var graph = new Graph(A.ProfileIds);
        var linked = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m", A.User("u"), A.Anonymous("a")), A.At(0), A.Now).Decision!;
        var split = Unlink.Decide(graph, A.Unlink("r", A.Anonymous("a")), A.At(1), A.Now).Decision!;
        using (var producer = new ProducerBuilder<Null, byte[]>(stack.Kafka.Producer()).Build())
        {
            foreach (var decision in new[] { linked, split }) await producer.ProduceAsync(stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, new() { Value = stack.Encode(Topics.IdentityDecisions, decision) }, TestContext.Current.CancellationToken);
        }

        await using var denied = await Denied.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await ServiceStack.EventuallyAsync(denied.HasHappenedAsync, "the successor tries to say it");
        await denied.DisposeAsync();
        var outcomes = new UnlinkOutcomes(redis, stack.Prefix);
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.AppliedAsync())?.Sequence == 2, "the decisions are in Redis");
        Assert.Equal((true, UnlinkOutcome.Of(split)), await outcomes.FindAsync("r"));
    }

    [Fact]
    public async Task Unmerge_RedisGoesAwayAfterTheRequest_TheAnswerHasItsId()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        using var client = new HttpClient { BaseAddress = new Uri(service.Urls.First().Replace("0.0.0.0", "127.0.0.1")) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", ServiceStack.Token);
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);

        var asked = client.PostAsync("/v1/identity/unmerge", JsonContent.Create(new { identifiers = new[] { new { type = "anonymous_id", value = "a" } } }), TestContext.Current.CancellationToken);
        await ServiceStack.EventuallyAsync(async () => (await stack.DecisionsAsync()).Count == 2, "it is split");
        await using var denied = await Denied.StartAsync(redis);
        var answer = await asked;
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable"), (answer.StatusCode, body.GetProperty("error").GetProperty("code").GetString()));
        await denied.DisposeAsync();

        var path = $"/v1/identity/unmerge/{body.GetProperty("request_id").GetString()}";
        await ServiceStack.EventuallyAsync(async () => (await client.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken)).GetProperty("status").GetString() == "recomputing", "what became of it can be asked");
    }

    [Fact]
    public async Task Unmerge_TheSameAtOnce_IsSplitOnceAndTheOthersAreToldSo()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        using var client = new HttpClient { BaseAddress = new Uri(service.Urls.First().Replace("0.0.0.0", "127.0.0.1")) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", ServiceStack.Token);
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);
        await redis.GetDatabase().StringSetAsync(new HotState(stack.Prefix).SplitReport(2), "{}");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ =>
            client.PostAsync("/v1/identity/unmerge", JsonContent.Create(new { identifiers = new[] { new { type = "anonymous_id", value = "a" } } }), TestContext.Current.CancellationToken)));
        Assert.Equal([HttpStatusCode.OK, .. Enumerable.Repeat(HttpStatusCode.Conflict, 4)], answers.Select(answer => answer.StatusCode).Order());
        Assert.Equal(["linked", "split"], (await stack.DecisionsAsync()).Select(decision => decision.kind));
    }

    [Fact]
    public async Task FindAsync_LinkerPassedARequestAndSaidNothing_IsRefused()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        var outcomes = new UnlinkOutcomes(redis, stack.Prefix);
        using var unmerging = new Unmerging(stack.Kafka, stack.Registry, stack.Store, outcomes, TimeProvider.System);
        var applied = await stack.Store.BeginAsync();
        await outcomes.ExpectAsync("r");
        await outcomes.AskedAsync("r", 5);

        await stack.Store.PublishLinkerPositionAsync(5, applied);
        Assert.Equal(new UnmergeState(null, null), await unmerging.FindAsync("r"));
        await stack.Store.PublishLinkerPositionAsync(6, applied);
        Assert.Equal(Unlink.NotSaid, (await unmerging.FindAsync("r"))!.Outcome!.Refusal!.Code);
    }

    [Fact]
    public async Task FindAsync_SplitThatIsSaidButNotApplied_IsPending()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        var outcomes = new UnlinkOutcomes(redis, stack.Prefix);
        using var unmerging = new Unmerging(stack.Kafka, stack.Registry, stack.Store, outcomes, TimeProvider.System);
        var outcome = new UnlinkOutcome(1, "p", "n", null);
        await outcomes.WriteAsync("r", outcome);

        Assert.Equal(new UnmergeState(null, null), await unmerging.FindAsync("r"));
        Assert.True(await stack.Store.ApplyAsync(HotWrites.Of([]), await stack.Store.BeginAsync(), new Applied(1, 1)));
        Assert.Equal(new UnmergeState(outcome, null), await unmerging.FindAsync("r"));
    }

    /// <summary>As long as it is not disposed of, Redis refuses whatever touches outcomes.</summary>
    private sealed class Denied(IConnectionMultiplexer redis) : IAsyncDisposable
    {
        public static async Task<Denied> StartAsync(IConnectionMultiplexer redis)
        {
            await redis.GetDatabase().ExecuteAsync("ACL", "LOG", "RESET");
            // There is no pattern for all keys but some.
            await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "resetkeys", "~*{*", "~*last-split");
            return new Denied(redis);
        }

        public async Task<bool> HasHappenedAsync() => ((RedisResult[])(await redis.GetDatabase().ExecuteAsync("ACL", "LOG"))!).Any(entry => entry.ToDictionary()["object"].ToString().Contains("linker:unlink:", StringComparison.Ordinal));

        public async ValueTask DisposeAsync() => await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "allkeys");
    }
}
