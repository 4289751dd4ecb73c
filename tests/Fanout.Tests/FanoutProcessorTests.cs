using System.Net;
using System.Net.Sockets;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.Delivering;
using Cdp.Streaming;
using Confluent.Kafka;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Fanout.Tests;

public sealed class FanoutProcessorTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly Told _told = new();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_OneProfile_IsDeliveredInOrderThroughRetries()
    {
        await using var receiver = await Receiver.StartAsync((request, times, context) => Answer(context, request.MessageId == "m2" && times < 3 ? 503 : 200));
        var outbox = await Run(Processor(receiver.Url), [.. Messages(5).Select((message, offset) => Records.At(offset, Records.Event("p", message)))]);
        Assert.Equal(["m0", "m1", "m2", "m2", "m2", "m3", "m4"], receiver.Requests.Select(request => request.MessageId));
        Assert.Equal([1, 1, 3, 1, 1], outbox.Records.Select(record => ((Delivery)record.Value).attempts));
        Assert.All(outbox.Records, record => Assert.Equal((Topics.Deliveries, "p"), (record.Topic, record.Key)));
        var key = IdempotencyKey.Of("crm", Records.Event("p", "m2").validated.envelope);
        Assert.All(receiver.Requests.Where(request => request.MessageId == "m2"), request => Assert.Equal(key, request.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task ReadAsync_DifferentProfiles_AreDeliveredSideBySide()
    {
        // Each request is answered only when the other has arrived, too.
        var both = new CountdownEvent(2);
        await using var receiver = await Receiver.StartAsync((_, _, context) => Answer(context, both.Signal() | both.Wait(Bound) ? 200 : 500));
        var outbox = await Run(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m0")), Records.At(1, Records.Event("q", "m1"))]);
        Assert.Equal([200, 200], outbox.Records.Select(record => ((Delivery)record.Value).status));
    }

    [Fact]
    public async Task ReadAsync_Refused_IsDeadWithTheAnswersTextAndTheNextGoesOn()
    {
        await using var receiver = await Receiver.StartAsync((request, _, context) => Answer(context, request.MessageId == "m0" ? 422 : 200, "no such field"));
        var outbox = await Run(Processor(receiver.Url), [Records.At(7, Records.Event("p", "m0")), Records.At(8, Records.Event("p", "m1"))]);
        Assert.Equal([Topics.DeliveriesDead, Topics.Deliveries], outbox.Records.Select(record => record.Topic));
        var dead = (DeadDelivery)outbox.Records[0].Value;
        Assert.Equal((422, "HTTP 422 no such field", 1, 7L, "m0"), (dead.status!.Value, dead.reason, dead.attempts, dead.origin.offset, dead.@event.validated.envelope.messageId));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task ReadAsync_AttemptsExhausted_IsDead(int status)
    {
        await using var receiver = await Receiver.StartAsync((_, _, context) => Answer(context, status));
        var dead = (DeadDelivery)Assert.Single((await Run(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))])).Records).Value;
        Assert.Equal((status, 4), (dead.status!.Value, dead.attempts));
        Assert.Equal(4, receiver.Requests.Count);
    }

    [Fact]
    public async Task ReadAsync_NoAnswerInTime_IsTriedAgain()
    {
        await using var receiver = await Receiver.StartAsync((_, times, context) => times > 1 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var delivery = (Delivery)Assert.Single((await Run(Processor(receiver.Url, timeout: TimeSpan.FromMilliseconds(500)), [Records.At(0, Records.Event("p", "m"))])).Records).Value;
        Assert.Equal(2, delivery.attempts);
    }

    [Fact]
    public async Task ReadAsync_RetryAfter_IsObeyed()
    {
        await using var receiver = await Receiver.StartAsync((_, times, context) =>
        {
            if (times == 1) context.Response.Headers.RetryAfter = "1";
            return Answer(context, times == 1 ? 429 : 200);
        });
        await Run(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))]);
        var requests = receiver.Requests.ToArray();
        Assert.InRange(requests[1].At - requests[0].At, TimeSpan.FromSeconds(0.95), Bound);
    }

    [Fact]
    public async Task ReadAsync_Request_IsSignedAndCarriesItsTrace()
    {
        await using var receiver = await Receiver.StartAsync();
        await Run(Processor(receiver.Url), [Records.At(0, Records.Event("p", "m"))]);
        var request = Assert.Single(receiver.Requests);
        Assert.True(Signature.Verify("secret", request.Headers["X-Cdp-Signature"]!, Encoding.UTF8.GetBytes(request.Body), DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5)));
        Assert.Equal((Records.TraceParent, "application/json", "yes"), (request.Headers["traceparent"].ToString(), request.Headers.ContentType.ToString(), request.Headers["X-Own"].ToString()));
    }

    [Fact]
    public async Task ReadAsync_NobodyListens_WaitsBeyondItsAttemptsAndDeliversThen()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        var running = Run(Processor(new Uri($"http://127.0.0.1:{port}/hook")), [Records.At(0, Records.Event("p", "m"))]);
        await _told.Warned.Task.WaitAsync(Bound, Stopping);
        await using var receiver = await Receiver.StartAsync(port);
        var delivery = (Delivery)Assert.Single((await running.WaitAsync(Bound, Stopping)).Records).Value;
        Assert.Equal(1, delivery.attempts);
    }

    [Fact]
    public async Task ReadAsync_SameBatchAgain_DoesNotSendAgain()
    {
        await using var receiver = await Receiver.StartAsync();
        var processor = Processor(receiver.Url);
        Incoming[] batch = [Records.At(0, Records.Event("p", "m0")), Records.At(1, Records.Event("p", "m1"))];
        await Run(processor, batch);
        Assert.Equal(2, (await Run(processor, batch)).Records.Count);
        Assert.Equal(2, receiver.Requests.Count);

        // What was committed is forgotten, which only a partition's going back could show.
        await Run(processor, [Records.At(2, Records.Event("p", "m2"))]);
        await Run(processor, batch);
        Assert.Equal(["m0", "m1", "m2", "m0", "m1"], receiver.Requests.Select(request => request.MessageId));
    }

    [Fact]
    public async Task ReadAsync_PartitionLostMeanwhile_StopsItsDeliveriesAndEndsTheOthers()
    {
        var (arrived, revoked) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var receiver = await Receiver.StartAsync(async (request, _, context) =>
        {
            if (request.ProfileId == "lost") arrived.SetResult();
            await (request.ProfileId == "lost" ? Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default) : revoked.Task);
        });
        var processor = Processor(receiver.Url);
        var reading = processor.ReadAsync([Records.At(0, Records.Event("lost", "m0"), 1), Records.At(1, Records.Event("lost", "m1"), 1), Records.At(0, Records.Event("kept", "m2"), 2)], Stopping);
        await arrived.Task.WaitAsync(Bound, Stopping);
        processor.Revoked([new TopicPartition("cdp.events.identified", 1)]);
        revoked.SetResult();
        var view = await reading.WaitAsync(Bound, Stopping);
        Assert.Equal([(1, 0L, false), (1, 1L, false), (2, 0L, true)], view.ByPosition.Select(one => (one.Key.Partition, one.Key.Offset, one.Value is not null)).Order());
        Assert.DoesNotContain(receiver.Requests, request => request.MessageId == "m1");
    }

    [Fact]
    public async Task ReadAsync_WhatIsNotDeliverable_IsLeftOut()
    {
        await using var receiver = await Receiver.StartAsync();
        var merged = new ProfileMerged { loserId = "p", winnerId = "q", sequence = 1, decidedAt = Records.Noon };
        var outbox = await Run(Processor(receiver.Url), [Records.At(0, merged), Records.At(1, Records.Event("p", "m", envelope => envelope.type = "page"))]);
        Assert.Empty(outbox.Records);
        Assert.Empty(receiver.Requests);
    }

    private FanoutProcessor Processor(Uri url, TimeSpan? timeout = null)
    {
        var options = new WebhookOptions(url, "secret", timeout ?? Bound, new Dictionary<string, string> { ["X-Own"] = "yes" });
        var destination = new Destination("crm", new Subscription("crm", new HashSet<string> { "track" }, new HashSet<string>()), options, 4, 4);
        var times = new RetryTimes { First = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromMilliseconds(20) };
        var webhook = new Webhook(options, Webhook.CreateClient(4), TimeProvider.System);
        return new FanoutProcessor(destination, new Courier(destination, webhook, times, TimeProvider.System, new FanoutLog(_told, TimeProvider.System)));
    }

    private static async Task<Outbox> Run(FanoutProcessor processor, Incoming[] batch)
    {
        var outbox = new Outbox();
        var view = await processor.ReadAsync(batch, Stopping);
        foreach (var record in batch) processor.Decide(view, record, Records.Noon, outbox);
        return outbox;
    }

    private static IEnumerable<string> Messages(int count) => Enumerable.Range(0, count).Select(i => $"m{i}");

    private static Task Answer(HttpContext context, int status, string text = "")
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }

    private sealed class Told : ILogger<FanoutLog>
    {
        public TaskCompletionSource Warned { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Warned.TrySetResult();
    }
}
