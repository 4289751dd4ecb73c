using System.Text;
using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.Delivering;
using Cdp.Streaming.Records;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Fanout.Tests.Delivering;

[Trait("tier", "integration")]
public sealed class FanoutProcessorTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly FirstLogLine _log = new();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PrepareAsync_OneProfile_DeliversInOrderDespiteRetries()
    {
        await using var receiver = await WebhookReceiver.StartAsync((request, times, context) =>
            Answer(context, request.MessageId == "m2" && times < 3 ? 503 : 200));
        var outbox = await RunAsync(Processor(receiver.Url), [.. Enumerable.Range(0, 5).Select(i => Records.At(i, Records.Event("p", $"m{i}")))]);
        Assert.Equal(["m0", "m1", "m2", "m2", "m2", "m3", "m4"], receiver.Requests.Select(request => request.MessageId));
        Assert.Equal([1, 1, 3, 1, 1], outbox.Records.Select(record => ((Delivery)record.Value).attempts));
        Assert.All(outbox.Records, record => Assert.Equal((Topics.Deliveries, "p"), (record.Topic, record.Key)));
        var key = IdempotencyKey.Of("crm", Records.Event("p", "m2").validated.envelope);
        Assert.All(receiver.Requests.Where(request => request.MessageId == "m2"), request => Assert.Equal(key, request.Headers["Idempotency-Key"]));
    }

    /// <summary>
    /// A record that cannot be read must fail alone. If PrepareAsync threw, the whole batch would be retried as if the destination were unreachable.
    /// </summary>
    [Fact]
    public async Task Decide_EventsWithInvalidJson_FailAloneAndTheNextIsDeliveredOnce()
    {
        await using var receiver = await WebhookReceiver.StartAsync((_, _, context) => Answer(context, 200));
        Incoming[] batch =
        [
            Records.At(0, Records.Event("p", "m0", e => e.integrations = "{")),
            Records.At(1, Records.Event("p", "m1", e => e.extra = "{")),
            Records.At(2, Records.Event("p", "m2")),
        ];
        var processor = Processor(receiver.Url);

        var view = await processor.PrepareAsync(batch, Stopping);
        var outbox = new Outbox();

        Assert.ThrowsAny<JsonException>(() => processor.Decide(view, batch[0], Records.Noon, outbox));
        Assert.ThrowsAny<JsonException>(() => processor.Decide(view, batch[1], Records.Noon, outbox));
        processor.Decide(view, batch[2], Records.Noon, outbox);
        Assert.Equal(["m2"], receiver.Requests.Select(request => request.MessageId));
        Assert.Equal(Topics.Deliveries, Assert.Single(outbox.Records).Topic);
    }

    [Fact]
    public async Task PrepareAsync_DifferentProfiles_DeliversConcurrently()
    {
        // Each request is answered only after the other one has arrived.
        var both = new CountdownEvent(2);
        await using var receiver = await WebhookReceiver.StartAsync((_, _, context) => Answer(context, both.Signal() | both.Wait(Bound) ? 200 : 500));
        var outbox = await RunAsync(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m0")), Records.At(1, Records.Event("q", "m1"))]);
        Assert.Equal([200, 200], outbox.Records.Select(record => ((Delivery)record.Value).status));
    }

    [Fact]
    public async Task PrepareAsync_Refused_IsDeadWithTheAnswerAndTheNextIsDelivered()
    {
        await using var receiver = await WebhookReceiver.StartAsync(
            (request, _, context) => Answer(context, request.MessageId == "m0" ? 422 : 200, "no such field"));
        var outbox = await RunAsync(Processor(receiver.Url), [Records.At(7, Records.Event("p", "m0")), Records.At(8, Records.Event("p", "m1"))]);
        Assert.Equal([Topics.DeliveriesDead, Topics.Deliveries], outbox.Records.Select(record => record.Topic));
        var dead = (DeadDelivery)outbox.Records[0].Value;
        Assert.Equal((422, "HTTP 422 no such field", 1), (dead.status!.Value, dead.reason, dead.attempts));
        Assert.Equal((7L, "m0"), (dead.origin.offset, dead.@event.validated.envelope.messageId));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task PrepareAsync_AttemptsExhausted_IsDead(int status)
    {
        await using var receiver = await WebhookReceiver.StartAsync((_, _, context) => Answer(context, status));
        var dead = (DeadDelivery)Assert.Single((await RunAsync(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))])).Records).Value;
        Assert.Equal((status, 4), (dead.status!.Value, dead.attempts));
        Assert.Equal(4, receiver.Requests.Count);
    }

    [Fact]
    public async Task PrepareAsync_NoAnswerInTime_Retries()
    {
        await using var receiver = await WebhookReceiver.StartAsync((_, times, context) => times > 1 ? Task.CompletedTask : NeverAnswer(context));
        // The timeout is long enough for the second request to be answered in time on a loaded machine.
        var outbox = await RunAsync(Processor(receiver.Url, timeout: TimeSpan.FromSeconds(3)), [Records.At(0, Records.Event("p", "m"))]);
        Assert.Equal(2, ((Delivery)Assert.Single(outbox.Records).Value).attempts);
    }

    [Fact]
    public async Task PrepareAsync_RetryAfter_IsHonored()
    {
        await using var receiver = await WebhookReceiver.StartAsync((_, times, context) =>
        {
            if (times == 1) context.Response.Headers.RetryAfter = "1";
            return Answer(context, times == 1 ? 429 : 200);
        });
        await RunAsync(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))]);
        var requests = receiver.Requests.ToArray();
        Assert.InRange(requests[1].At - requests[0].At, TimeSpan.FromSeconds(0.95), Bound);
    }

    [Fact]
    public async Task PrepareAsync_Request_IsSignedAndCarriesTheTrace()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await RunAsync(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))]);
        var request = Assert.Single(receiver.Requests);
        var (signature, body) = (request.Headers["X-Cdp-Signature"].ToString(), Encoding.UTF8.GetBytes(request.Body));
        Assert.True(Signature.Verify("secret", signature, body, DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5)));
        Assert.Equal(Records.TraceParent, request.Headers["traceparent"].ToString());
        Assert.Equal("application/json", request.Headers.ContentType.ToString());
        Assert.Equal("yes", request.Headers["X-Own"].ToString());
    }

    [Fact]
    public async Task PrepareAsync_Unreachable_RetriesBeyondMaxAttemptsUntilDelivered()
    {
        var port = FreePort.FindForRestarts();
        var running = RunAsync(Processor(new Uri($"http://127.0.0.1:{port}/hook")), [Records.At(0, Records.Event("p", "m"))]);
        await _log.Logged.Task.WaitAsync(Bound, Stopping);
        await using var receiver = await WebhookReceiver.StartAsync(port);
        var delivery = (Delivery)Assert.Single((await running.WaitAsync(Bound, Stopping)).Records).Value;
        Assert.Equal(1, delivery.attempts);
    }

    [Fact]
    public async Task PrepareAsync_SameBatchAgain_DoesNotSendAgain()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var processor = Processor(receiver.Url);
        Incoming[] batch = [Records.At(0, Records.Event("p", "m0")), Records.At(1, Records.Event("p", "m1"))];
        await RunAsync(processor, batch);
        Assert.Equal(2, (await RunAsync(processor, batch)).Records.Count);
        Assert.Equal(2, receiver.Requests.Count);

        // The second record alone, as after a failure of the first: the first is not committed.
        await RunAsync(processor, batch[1..]);
        await RunAsync(processor, batch);
        Assert.Equal(2, receiver.Requests.Count);

        // Committed records are forgotten. They would be sent again if the partition were read from an earlier offset.
        await processor.CommittedAsync(await processor.PrepareAsync(batch, Stopping), [], Stopping);
        await RunAsync(processor, batch);
        Assert.Equal(["m0", "m1", "m0", "m1"], receiver.Requests.Select(request => request.MessageId));
    }

    [Fact]
    public async Task PrepareAsync_PartitionRevokedMeanwhile_StopsItsDeliveriesAndFinishesTheOthers()
    {
        var (arrived, revoked) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var receiver = await WebhookReceiver.StartAsync(async (request, _, context) =>
        {
            if (request.ProfileId == "lost") arrived.SetResult();
            await (request.ProfileId == "lost" ? NeverAnswer(context) : revoked.Task);
        });
        var processor = Processor(receiver.Url);
        Incoming[] batch =
        [
            Records.At(0, Records.Event("lost", "m0"), partition: 1),
            Records.At(1, Records.Event("lost", "m1"), partition: 1),
            Records.At(0, Records.Event("kept", "m2"), partition: 2),
        ];
        var preparing = processor.PrepareAsync(batch, Stopping);
        await arrived.Task.WaitAsync(Bound, Stopping);
        processor.Revoked([new TopicPartition("cdp.events.identified", 1)]);
        revoked.SetResult();
        var view = await preparing.WaitAsync(Bound, Stopping);
        Assert.Equal(
            [(1, 0L, false), (1, 1L, false), (2, 0L, true)],
            view.ByPosition.Select(outcome => (outcome.Key.Partition, outcome.Key.Offset, outcome.Value is not null)).Order());
        Assert.DoesNotContain(receiver.Requests, request => request.MessageId == "m1");
    }

    [Fact]
    public async Task PrepareAsync_OtherRecordsAndUnwantedEvents_AreSkipped()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var merged = new ProfileMerged { loserId = "p", winnerId = "q", sequence = 1, decidedAt = Records.Noon };
        var outbox = await RunAsync(
            Processor(receiver.Url),
            [Records.At(0, merged), Records.At(1, Records.Event("p", "m", envelope => envelope.type = "page"))]);
        Assert.Empty(outbox.Records);
        Assert.Empty(receiver.Requests);
    }

    private FanoutProcessor Processor(Uri url, TimeSpan? timeout = null)
    {
        var options = new WebhookOptions(url, "secret", timeout ?? Bound, new Dictionary<string, string> { ["X-Own"] = "yes" });
        var destination = new Destination("crm", new Subscription("crm", new HashSet<string> { "track" }, new HashSet<string>()), options, 4, 4);
        var delays = new RetryDelays { First = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromMilliseconds(20) };
        var webhook = new Webhook(options, Webhook.CreateClient(4), TimeProvider.System);
        var retrier = new DeliveryRetrier(destination, webhook, delays, TimeProvider.System, new FanoutLog(_log, TimeProvider.System));
        return new FanoutProcessor(destination, retrier);
    }

    private static async Task<Outbox> RunAsync(FanoutProcessor processor, Incoming[] batch)
    {
        var outbox = new Outbox();
        var view = await processor.PrepareAsync(batch, Stopping);
        foreach (var record in batch) processor.Decide(view, record, Records.Noon, outbox);
        return outbox;
    }

    private static Task NeverAnswer(HttpContext context) =>
        Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    private static Task Answer(HttpContext context, int status, string text = "")
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }

    /// <summary>Completes when the service has logged anything.</summary>
    private sealed class FirstLogLine : ILogger<FanoutLog>
    {
        public TaskCompletionSource Logged { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logged.TrySetResult();
    }
}
