using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cdp.Contracts;
using Cdp.Hosting.Process;
using Cdp.Identifiers.Types;
using Cdp.Identity.Api;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Cdp.Identity.Storing;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Cdp.Streaming.Clients;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Api;

/// <summary>The status that an operator sees for an unmerge if the linker, Redis or the profiles service fails at the wrong moment.</summary>
[Trait("tier", "integration")]
public sealed class UnmergeRequestsTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Linker_CannotSaveAnOutcome_DoesNotContinueBeforeItCan()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        // These were left by a linker that stopped after its commit.
        var graph = new IdentityGraph(Given.ProfileIds);
        var request = Given.Request("m", Given.User("u"), Given.Anonymous("a"));
        var linked = Linker.Decide(DefaultTypes.Configuration, graph, request, Given.At(0), Given.Now).Decision!;
        var unlink = Given.Unlink("r", Given.Anonymous("a"));
        var split = Unlinker.Decide(DefaultTypes.Configuration, graph, unlink, Given.At(1), Given.Now).Decision!;
        using (var producer = new ProducerBuilder<Null, byte[]>(stack.Kafka.Producer()).Build())
        {
            foreach (var decision in new[] { linked, split })
            {
                var message = new Message<Null, byte[]> { Value = stack.Encode(Topics.IdentityDecisions, decision) };
                await producer.ProduceAsync(stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, message, TestContext.Current.CancellationToken);
            }
        }

        await using var denial = await OutcomeDenial.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await Eventually.TrueAsync(denial.HasHappenedAsync, "the successor tries to save the outcome");
        await denial.DisposeAsync();
        await stack.AppliedAsync(2);
        Assert.Equal((true, UnlinkOutcome.Of(split)), await new UnlinkOutcomes(redis, stack.Prefix).FindAsync("r"));
    }

    [Fact]
    public async Task Unmerge_RedisFailsAfterTheRequest_AnswerHasTheRequestId()
    {
        await using var linked = await LinkedProfile.StartAsync(await servers.ConnectAsync("redis"));

        var asked = linked.UnmergeAsync();
        await Eventually.TrueAsync(async () => (await linked.Stack.DecisionsAsync()).Count == 2, "the profile is split");
        await using var denial = await OutcomeDenial.StartAsync(linked.Redis);
        using var answer = await asked;
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("unavailable", body.GetProperty("error").GetProperty("code").GetString());
        await denial.DisposeAsync();

        await Eventually.TrueAsync(async () => await linked.StatusAsync(body) == "recomputing", "the outcome can be asked for");
    }

    [Fact]
    public async Task Unmerge_FatalErrorOfTheProducer_EndsTheProcess()
    {
        await using var linked = await LinkedProfile.StartAsync(await servers.ConnectAsync("redis"));
        using var fault = linked.Stack.Faults.Add(new Fault
        {
            Api = ApiKey.Produce,
            Topic = linked.Stack.Kafka.NameOf(Topics.IdentityRequests),
            Error = Cdp.LocalKafka.Protocol.ErrorCode.OutOfOrderSequenceNumber,
        });

        using var answer = await linked.UnmergeAsync();
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotEqual("", body.GetProperty("request_id").GetString());
        await Eventually.TrueAsync(() => linked.ExitCode == 1, "the process ends");
    }

    [Fact]
    public async Task Unmerge_ProfilesGaveUp_FailsWithTheReasonUntilALaterTrySucceeds()
    {
        await using var linked = await LinkedProfile.StartAsync(await servers.ConnectAsync("redis"));
        var hot = new HotStateKeys(linked.Stack.Prefix);
        await linked.Redis.GetDatabase().StringSetAsync(hot.SplitFailure(2), "a part is missing");

        using var answer = await linked.UnmergeAsync();
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        var error = body.GetProperty("error");
        Assert.Equal((HttpStatusCode.OK, "failed"), (answer.StatusCode, body.GetProperty("status").GetString()));
        Assert.Equal(("split_failed", 2), (error.GetProperty("code").GetString(), body.GetProperty("sequence").GetInt32()));
        const string message = "a part is missing. Fix the cause and restart the profiles service";
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);

        await linked.Redis.GetDatabase().StringSetAsync(hot.SplitReport(2), "{}");
        Assert.Equal("done", await linked.StatusAsync(body));
    }

    [Fact]
    public async Task Unmerge_SameRequestSeveralTimesAtOnce_SplitsOnceAndTheOthersSaySo()
    {
        await using var linked = await LinkedProfile.StartAsync(await servers.ConnectAsync("redis"));
        await linked.Redis.GetDatabase().StringSetAsync(new HotStateKeys(linked.Stack.Prefix).SplitReport(2), "{}");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => linked.UnmergeAsync()));
        Assert.Equal([HttpStatusCode.OK, .. Enumerable.Repeat(HttpStatusCode.Conflict, 4)], answers.Select(answer => answer.StatusCode).Order());
        foreach (var answer in answers.Where(answer => answer.StatusCode == HttpStatusCode.Conflict))
        {
            Assert.Contains("already unmerged", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        Assert.Equal(["linked", "split"], (await linked.Stack.DecisionsAsync()).Select(decision => decision.kind));
    }

    [Fact]
    public async Task FindAsync_LinkerPassedARequestWithoutAnOutcome_IsRefused()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        var outcomes = new UnlinkOutcomes(redis, stack.Prefix);
        using var unmerges = new UnmergeRequests(stack.Kafka, stack.Registry, stack.Store, outcomes, TimeProvider.System, _ => { });
        var applied = await stack.Store.InitialiseAsync();
        await outcomes.AddAsync("r");
        await outcomes.SaveOffsetAsync("r", 5);

        await stack.Store.PublishLinkerPositionAsync(5, applied);
        Assert.Equal(new UnmergeState(null, null), await unmerges.FindAsync("r"));
        await stack.Store.PublishLinkerPositionAsync(6, applied);
        Assert.Equal(UnlinkRefusal.ReasonLost, (await unmerges.FindAsync("r"))!.Outcome!.Refusal!.Code);
    }

    [Fact]
    public async Task FindAsync_OutcomeOfASplitThatIsNotApplied_IsPending()
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        var outcomes = new UnlinkOutcomes(redis, stack.Prefix);
        using var unmerges = new UnmergeRequests(stack.Kafka, stack.Registry, stack.Store, outcomes, TimeProvider.System, _ => { });
        var outcome = new UnlinkOutcome(1, "p", "n", null);
        await outcomes.SaveAsync("r", outcome);

        Assert.Equal(new UnmergeState(null, null), await unmerges.FindAsync("r"));
        Assert.True(await stack.Store.ApplyAsync(GraphWrites.Of([]), await stack.Store.InitialiseAsync(), new Applied(1, 1)));
        Assert.Equal(new UnmergeState(outcome, null), await unmerges.FindAsync("r"));
    }

    /// <summary>A running service with one profile of a user and a device, and a client that takes the device out.</summary>
    private sealed class LinkedProfile : IAsyncDisposable
    {
        private WebApplication? _service;
        private HttpClient? _client;

        public required IConnectionMultiplexer Redis { get; init; }

        public required ServiceStack Stack { get; init; }

        /// <summary>The exit code of the service; 0 until it has failed.</summary>
        public int ExitCode => _service!.Services.GetRequiredService<Failure>().ExitCode;

        public static async Task<LinkedProfile> StartAsync(IConnectionMultiplexer redis)
        {
            var linked = new LinkedProfile { Redis = redis, Stack = await ServiceStack.StartAsync(redis) };
            var service = await linked.Stack.ServiceAsync();
            (linked._service, linked._client) = (service, ServiceStack.Client(service));
            await linked.Stack.SendAsync(Given.Event("1", userId: "u", anonymousId: "a"));
            await linked.Stack.ReadAsync(identified: 1);
            return linked;
        }

        public Task<HttpResponseMessage> UnmergeAsync()
        {
            var body = new { identifiers = new[] { new { type = "anonymous_id", value = "a" } } };
            return _client!.PostAsync("/v1/identity/unmerge", JsonContent.Create(body), TestContext.Current.CancellationToken);
        }

        /// <summary>The current status of the request that an answer names.</summary>
        public async Task<string> StatusAsync(JsonElement answer)
        {
            var path = $"/v1/identity/unmerge/{answer.GetProperty("request_id").GetString()}";
            var state = await _client!.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);
            return state.GetProperty("status").GetString()!;
        }

        public async ValueTask DisposeAsync()
        {
            _client!.Dispose();
            await _service!.DisposeAsync();
            await Stack.DisposeAsync();
        }
    }

    /// <summary>Until it is disposed of, Redis rejects commands on outcomes.</summary>
    private sealed class OutcomeDenial(IConnectionMultiplexer redis) : IAsyncDisposable
    {
        public static async Task<OutcomeDenial> StartAsync(IConnectionMultiplexer redis)
        {
            await redis.GetDatabase().ExecuteAsync("ACL", "LOG", "RESET");
            // An ACL cannot exclude keys. These patterns match all keys that the service needs, except those of outcomes.
            await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "resetkeys", "~*{*", "~*last-split");
            return new OutcomeDenial(redis);
        }

        public async Task<bool> HasHappenedAsync()
        {
            var entries = (RedisResult[])(await redis.GetDatabase().ExecuteAsync("ACL", "LOG"))!;
            return entries.Any(entry => entry.ToDictionary()["object"].ToString().Contains("linker:unlink:", StringComparison.Ordinal));
        }

        public async ValueTask DisposeAsync() => await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "allkeys");
    }
}
