using System.Diagnostics;
using System.Net;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>More requests than the service has room for, and a Kafka that refuses to write.</summary>
[Trait("tier", "integration")]
public sealed class OverloadTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Track_TooManyRequestsAtOnce_Returns503WithRetryAfterAndRecovers()
    {
        await using var host = await kafka.StartHostAsync("--Limits:Requests=8");
        await TrackAsync(host).AssertSuccessAsync();
        var slowProduce = kafka.Faults.Add(new Fault { Api = ApiKey.Produce, Delay = TimeSpan.FromSeconds(2), Times = 1 });

        var responses = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => TrackAsync(host)));
        slowProduce.Dispose();

        Assert.InRange(responses.Count(response => response.StatusCode == HttpStatusCode.OK), 1, 16);
        Assert.All(
            responses.Where(response => response.StatusCode != HttpStatusCode.OK),
            response => Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (response.StatusCode, response.Headers.RetryAfter is not null)));
        await host.WaitUntilIdleAsync();
        await TrackAsync(host).AssertSuccessAsync();
    }

    [Fact]
    public async Task Batch_ProducerQueueFull_Returns503AndRecovers()
    {
        // A delayed produce request blocks later requests on its connection, so the queue fills.
        await using var host = await kafka.StartHostAsync("--Kafka:Client:queue.buffering.max.messages=20", "--Kafka:Client:max.in.flight=1");
        var slowProduce = kafka.Faults.Add(new Fault { Api = ApiKey.Produce, Delay = TimeSpan.FromSeconds(3), Times = 1 });
        var batch = $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("""{"type":"track","userId":"u"}""", 1000))}}]}""";

        var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => (await host.PostAsync("/v1/batch", batch)).StatusCode));
        slowProduce.Dispose();

        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        Assert.Empty(statuses.Except([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]));
        await host.WaitForStatusAsync(HttpStatusCode.OK, () => TrackAsync(host));
    }

    [Theory]
    [InlineData(ErrorCode.MessageTooLarge)]
    [InlineData(ErrorCode.TopicAuthorizationFailed)]
    [InlineData(ErrorCode.InvalidRecord)]
    public async Task Track_BrokerRefusesTheRecord_Returns503(ErrorCode error)
    {
        using (kafka.Faults.Add(new Fault { Api = ApiKey.Produce, Error = error }))
        {
            for (var i = 0; i < 3; i++) await TrackAsync(kafka.Host).AssertRefusedAsync(503, "unavailable");
        }
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.OK, () => TrackAsync(kafka.Host));
    }

    [Fact]
    public async Task Track_ProduceAnswersLost_SucceedsByRetrying()
    {
        using (kafka.Faults.Add(new Fault { Api = ApiKey.Produce, Drop = FaultDrop.AfterHandling, Times = 3 }))
        {
            await TrackAsync(kafka.Host).AssertSuccessAsync();
        }
    }

    [Fact]
    public async Task Track_RegistryUnreachable_Returns503()
    {
        await using var host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, $"http://{IngestionHost.UnreachableAddress}");
        using var response = await TrackAsync(host);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Track_ConcurrentSenders_KeepTheRateLimit()
    {
        await kafka.Host.AddSourceAsync("rated", "rated", "type: server\nlimits:\n  events_per_second: 20\n  burst: 200");
        var watch = Stopwatch.StartNew();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            var answers = new List<HttpStatusCode>();
            for (var i = 0; i < 25; i++)
            {
                using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "rated");
                answers.Add(response.StatusCode);
            }
            return answers;
        })));
        var all = statuses.SelectMany(answers => answers).ToList();

        Assert.Empty(all.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
        Assert.InRange(all.Count(status => status == HttpStatusCode.OK), 200, 201 + (int)(20 * watch.Elapsed.TotalSeconds));
    }

    private static Task<HttpResponseMessage> TrackAsync(IngestionHost host) => host.PostAsync("/v1/track", """{"userId":"u"}""");
}
