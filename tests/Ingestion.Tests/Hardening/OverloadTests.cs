using System.Diagnostics;
using System.Net;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>More than there is room for, and a Kafka that answers but does not take.</summary>
public sealed class OverloadTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Requests_AboveTheBound_Are503WithRetryAfterAndTakenAgainAfterwards()
    {
        await using var host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, kafka.Options.SchemaRegistry, "--Limits:Requests=8");
        await host.UntilReadyAsync();
        await host.UntilAsync(HttpStatusCode.OK, () => SendAsync(host));
        var late = kafka.Broker.Faults.Add(new Fault { Api = ApiKey.Produce, Delay = TimeSpan.FromSeconds(2), Times = 1 });

        var responses = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => SendAsync(host)));
        late.Dispose();

        Assert.InRange(responses.Count(response => response.StatusCode == HttpStatusCode.OK), 1, 16);
        Assert.All(responses.Where(response => response.StatusCode != HttpStatusCode.OK), response => Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (response.StatusCode, response.Headers.RetryAfter is not null)));
        await SlowClientTests.UntilNothingIsHeldAsync(host);
        using var after = await SendAsync(host);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Queue_Full_Is503AndTakenAgainAfterwards()
    {
        // A produce request that waits holds up what follows on its connection, so the queue fills.
        await using var host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, kafka.Options.SchemaRegistry, "--Kafka:Client:queue.buffering.max.messages=20", "--Kafka:Client:max.in.flight=1");
        await host.UntilReadyAsync();
        var late = kafka.Broker.Faults.Add(new Fault { Api = ApiKey.Produce, Delay = TimeSpan.FromSeconds(3), Times = 1 });
        var batch = $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("""{"type":"track","userId":"u"}""", 1000))}}]}""";

        var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => (await host.PostAsync("/v1/batch", batch)).StatusCode));
        late.Dispose();

        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        Assert.Empty(statuses.Except([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]));
        await host.UntilAsync(HttpStatusCode.OK, () => SendAsync(host));
    }

    [Theory]
    [InlineData(ErrorCode.MessageTooLarge)]
    [InlineData(ErrorCode.TopicAuthorizationFailed)]
    [InlineData(ErrorCode.InvalidRecord)]
    public async Task Produce_Refused_Is503AndNever200(ErrorCode error)
    {
        using (kafka.Broker.Faults.Add(new Fault { Api = ApiKey.Produce, Error = error }))
        {
            for (var i = 0; i < 3; i++)
            {
                using var response = await SendAsync(kafka.Host);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            }
        }
        await kafka.Host.UntilAsync(HttpStatusCode.OK, () => SendAsync(kafka.Host));
    }

    [Fact]
    public async Task Produce_AnswersLost_IsTakenByARetry()
    {
        using (kafka.Broker.Faults.Add(new Fault { Api = ApiKey.Produce, Drop = FaultDrop.AfterHandling, Times = 3 }))
        {
            using var response = await SendAsync(kafka.Host);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Start_RegistryAway_Is503()
    {
        await using var host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, "http://127.0.0.1:9");
        using var response = await SendAsync(host);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Rate_ManyAtOnce_IsHeld()
    {
        kafka.Host.WriteSource("rated", "rated", "type: server\nlimits:\n  events_per_second: 20\n  burst: 200");
        await kafka.Host.UntilAsync(HttpStatusCode.BadRequest, () => kafka.Host.PostAsync("/v1/track", "{", "rated"));
        var watch = Stopwatch.StartNew();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            var found = new List<HttpStatusCode>();
            for (var i = 0; i < 25; i++)
            {
                using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "rated");
                found.Add(response.StatusCode);
            }
            return found;
        })));
        var all = statuses.SelectMany(found => found).ToList();

        Assert.Empty(all.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
        Assert.InRange(all.Count(status => status == HttpStatusCode.OK), 200, 201 + (int)(20 * watch.Elapsed.TotalSeconds));
    }

    private static Task<HttpResponseMessage> SendAsync(IngestionHost host) => host.PostAsync("/v1/track", """{"userId":"u"}""");
}
