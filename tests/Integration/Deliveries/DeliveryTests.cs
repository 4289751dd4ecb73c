using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine.Tests;
using Cdp.Destinations;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Tests;
using Cdp.Integration.Stack;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Xunit;
using static Cdp.DeliveryEngine.Tests.ScriptedDestination;

namespace Cdp.Integration.Deliveries;

/// <summary>Deliveries to one destination: order, retries, restarts and the records of every outcome.</summary>
public sealed class DeliveryTests(TestStack stack)
{
    [Fact]
    public async Task Deliver_Events_EachIsDeliveredOnceInTheOrderOfItsProfile()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((_, _) => Ok);
        (string, string)[] events = [.. Enumerable.Range(0, 60).Select(i => ($"p{i % 7}", $"m{i:00}"))];
        await cluster.IdentifyAsync(events);
        await cluster.DeliverAsync(destination);

        var deliveries = await cluster.DeliveriesAsync(60);

        Assert.Equal(60, deliveries.Count);
        Assert.All(deliveries, delivery => Assert.Equal(("delivered", 200, 1), (delivery.outcome, delivery.status, delivery.attempts)));
        Assert.Equal(events.Select(e => e.Item2), destination.AcceptedMessages.Order());
        foreach (var profile in destination.Accepted.GroupBy(item => item.ProfileId, item => item.MessageId)) Assert.Equal(profile.Order(), profile);
        Assert.All(destination.Accepted, item => Assert.Equal(KeyOf(item.MessageId), item.IdempotencyKey));
    }

    [Fact]
    public async Task Deliver_FailingEvent_HoldsUpItsProfileOnly()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((message, attempt) => message == "a1" && attempt <= 2 ? Failed : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"), ("a", "a2"), ("b", "b0"), ("a", "a3"), ("b", "b1"));
        await cluster.DeliverAsync(destination);

        var deliveries = await cluster.DeliveriesAsync(6);

        Assert.Equal(["a0", "a1", "a2", "a3"], destination.Accepted.Where(item => item.ProfileId == "a").Select(item => item.MessageId));
        Assert.Equal(["b0", "b1"], destination.Accepted.Where(item => item.ProfileId == "b").Select(item => item.MessageId));
        Assert.True(destination.AcceptedMessages.ToList().IndexOf("b1") < destination.AcceptedMessages.ToList().IndexOf("a1"), "b waited for a");
        Assert.Equal(3, deliveries.Single(delivery => delivery.messageId == "a1").attempts);
        Assert.Equal(3, destination.Requests.Count(request => request[0] == "a1"));
        Assert.Empty(await cluster.WaitingAsync());
    }

    [Fact]
    public async Task Deliver_RestartWhileEventsWait_ContinuesInOrder()
    {
        await using var cluster = await stack.ClusterAsync();
        var isUp = false;
        var destination = new ScriptedDestination((message, _) => message == "a0" && !isUp ? Failed : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"), ("b", "b0"));
        var first = await cluster.DeliverAsync(destination);
        await Eventually.TrueAsync(async () => (await cluster.WaitingAsync()).Count == 2, "a0 and a1 wait");
        await first.StopAsync();
        await cluster.IdentifyAsync(("a", "a2"));
        isUp = true;

        await cluster.DeliverAsync(destination, instance: "2");

        await cluster.DeliveriesAsync(4);
        Assert.Equal(["a0", "a1", "a2"], destination.Accepted.Where(item => item.ProfileId == "a").Select(item => item.MessageId));
        Assert.Empty(await cluster.WaitingAsync());
    }

    [Fact]
    public async Task Deliver_RefusedEvent_IsDeadWithItsRequestAndTheNextFollows()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((message, _) => message == "a0" ? new DeliveryResult.Refused(422, "HTTP 422 no such field") : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"));
        await cluster.DeliverAsync(destination);

        await cluster.DeliveriesAsync(1);

        var dead = Assert.Single(await cluster.ReadAsync<DeadDelivery>(Topics.DeliveriesDead));
        Assert.Equal(("a0", 422, "HTTP 422 no such field", 1, "POST a0"), (dead.messageId, dead.status, dead.reason, dead.attempts, dead.request));
        Assert.Equal("a0", dead.@event.validated.envelope.messageId);
        Assert.Equal(["a1"], destination.AcceptedMessages);
    }

    [Fact]
    public async Task Deliver_FailureBeyondTheRetryWindow_IsDeadAfterTheLeastAttempts()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((message, _) => message == "a0" ? Failed : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"));
        await cluster.DeliverAsync(destination, settings: settings => settings with { RetryWindow = TimeSpan.FromMilliseconds(1), MinAttempts = 2 });

        await cluster.DeliveriesAsync(1);

        var dead = Assert.Single(await cluster.ReadAsync<DeadDelivery>(Topics.DeliveriesDead));
        Assert.Equal(("a0", 503, 2), (dead.messageId, dead.status, dead.attempts));
        Assert.Equal(["a1"], destination.AcceptedMessages);
        Assert.Empty(await cluster.WaitingAsync());
    }

    [Fact]
    public async Task Deliver_SlowResponse_HoldsUpItsProfileOnlyAndIsSentOnce()
    {
        await using var cluster = await stack.ClusterAsync();
        var answer = new TaskCompletionSource();
        var destination = new ScriptedDestination(async (messages, _, stopping) =>
        {
            if (messages[0] == "slow") await answer.Task.WaitAsync(stopping);
            return SendResult.Whole(Ok, messages.Count);
        });
        await cluster.IdentifyAsync(("a", "slow"), ("b", "b0"));
        await cluster.DeliverAsync(destination, settings: settings => settings with { SlowAfter = TimeSpan.FromMilliseconds(50) });
        await Eventually.TrueAsync(() => destination.AcceptedMessages.Contains("b0"));
        await cluster.IdentifyAsync(("a", "a1"), ("b", "b1"));
        await cluster.DeliveriesAsync(2);
        Assert.Equal(["b0", "b1"], destination.AcceptedMessages);

        answer.SetResult();

        await cluster.DeliveriesAsync(4);
        Assert.Equal(["slow", "a1"], destination.Accepted.Where(item => item.ProfileId == "a").Select(item => item.MessageId));
        Assert.Single(destination.Requests, request => request.Contains("slow"));
    }

    [Fact]
    public async Task Deliver_SlowResponseBehindARetry_IsSentOnce()
    {
        await using var cluster = await stack.ClusterAsync();
        var answer = new TaskCompletionSource();
        var destination = new ScriptedDestination(async (messages, attempt, stopping) =>
        {
            if (messages[0] == "slow") await answer.Task.WaitAsync(stopping);
            return SendResult.Whole(messages[0] == "a0" && attempt == 1 ? Failed : Ok, messages.Count);
        });
        await cluster.IdentifyAsync(("a", "a0"), ("a", "slow"));
        await cluster.DeliverAsync(destination, settings: settings => settings with { SlowAfter = TimeSpan.FromMilliseconds(50) });
        await Eventually.TrueAsync(() => destination.Requests.Any(request => request.Contains("slow")));
        await cluster.IdentifyAsync(("b", "b0"));
        await cluster.DeliveriesAsync(2);
        await cluster.IdentifyAsync(("b", "b1"));
        await cluster.DeliveriesAsync(3);

        answer.SetResult();

        await cluster.DeliveriesAsync(4);
        Assert.Single(destination.Requests, request => request.Contains("slow"));
        Assert.Empty(await cluster.WaitingAsync());
    }

    [Fact]
    public async Task Deliver_UnreachableDestination_WaitsWithoutCountingAttempts()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((_, attempt) => attempt <= 2 ? new DeliveryResult.Unreachable("connection refused") : Ok);
        await cluster.IdentifyAsync(("a", "a0"));
        await cluster.DeliverAsync(destination);

        var delivery = Assert.Single(await cluster.DeliveriesAsync(1));

        Assert.Equal((1, 3), (delivery.attempts, destination.Requests.Count));
    }

    [Fact]
    public async Task Deliver_BatchRefusedAsAWhole_IsHalvedUntilTheBadEventIsAlone()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination(
            (messages, _, _) => Task.FromResult(SendResult.Whole(messages.Contains("m5") ? new DeliveryResult.Refused(400, "HTTP 400") : Ok, messages.Count)),
            new BatchRule(100, 1_000_000, []));
        await cluster.IdentifyAsync(Enumerable.Range(0, 16).Select(i => ($"p{i}", $"m{i}")));
        await cluster.DeliverAsync(destination);

        await cluster.DeliveriesAsync(15);

        Assert.Equal("m5", Assert.Single(await cluster.ReadAsync<DeadDelivery>(Topics.DeliveriesDead)).messageId);
        Assert.Equal(15, destination.Accepted.Count);
        Assert.Contains(destination.Requests, request => request.Count > 1);
    }

    [Fact]
    public async Task Deliver_EventsThatNobodyWants_LeaveNoRecord()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((_, _) => Ok);
        await cluster.WriteAsync(Topics.EventsIdentified,
        [
            ("a", SampleEvents.Event("a", "page", envelope => (envelope.type, envelope.@event) = ("page", null))),
            ("a", SampleEvents.Event("a", "other", envelope => envelope.@event = "Other")),
            ("a", SampleEvents.Event("a", "excluded", envelope => envelope.integrations = """{"crm":false}""")),
            ("a", new ProfileMerged { loserId = "a", winnerId = "b", sequence = 1, decidedAt = DateTime.UnixEpoch }),
            ("a", SampleEvents.Event("a", "wanted")),
        ]);
        await cluster.DeliverAsync(destination, subscription: "type = \"track\" and event = \"Order Completed\"");

        var deliveries = await cluster.DeliveriesAsync(2);

        Assert.Equal(["wanted"], destination.AcceptedMessages);
        Assert.Equal([("excluded", "filtered"), ("wanted", "delivered")], deliveries.Select(delivery => (delivery.messageId, delivery.outcome)));
        Assert.Equal("the sender excludes crm in integrations", deliveries[0].rule);
    }

    [Fact]
    public async Task Deliver_Request_IsSentAgainAndNamesItsOrigin()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((_, _) => Ok);
        await cluster.WriteAsync(Topics.DeliveriesRequests, [("a", Request("other", "m0")), ("a", Request("crm", "m1"))]);
        await cluster.DeliverAsync(destination);

        var delivery = Assert.Single(await cluster.DeliveriesAsync(1));

        Assert.Equal(("m1", 17L), (delivery.messageId, delivery.origin.offset));
        Assert.Equal(cluster.Prefix + Topics.DeliveriesRequests.Name, delivery.redrivenFrom!.topic);
        Assert.Equal(["m1"], destination.AcceptedMessages);

        static DeliveryRequest Request(string destinationId, string message) => new()
        {
            destinationId = destinationId,
            profileId = "a",
            @event = SampleEvents.Event("a", message),
            origin = new RecordPosition { topic = "t", partition = 0, offset = 17 },
            job = "test",
            requestedAt = DateTime.UnixEpoch,
        };
    }

    [Fact]
    public async Task Deliver_FromNow_SkipsTheHistoryAndStaysThereThroughARestart()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((_, _) => Ok);
        await cluster.IdentifyAsync(Enumerable.Range(0, 20).Select(i => ($"p{i}", $"old{i}")));
        var first = await cluster.DeliverAsync(destination, start: StartPosition.Latest);
        await Eventually.TrueAsync(() => cluster.HasCommittedEverywhere("deliver-crm"), "the start is committed");
        await first.StopAsync();
        await cluster.IdentifyAsync(Enumerable.Range(0, 20).Select(i => ($"p{i}", $"new{i:00}")));

        await cluster.DeliverAsync(destination, instance: "2", start: StartPosition.Latest);

        await cluster.DeliveriesAsync(20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"new{i:00}"), destination.AcceptedMessages.Order());
    }

    [Fact]
    public async Task Deliver_ForeignRecordsInTheRetryTopic_AreSkipped()
    {
        await using var cluster = await stack.ClusterAsync();
        var retries = Topics.DeliveriesRetry(DeliveryRun.Id);
        await TopicAdmin.EnsureAsync(cluster.Kafka, [retries]);
        using var writer = new RecordWriter(cluster.Kafka);
        for (var partition = 0; partition < cluster.Kafka.Partitions; partition++)
        {
            var target = cluster.Kafka.PartitionOf(retries, partition);
            await writer.WriteAsync(target, new Message<byte[]?, byte[]> { Key = "a/0"u8.ToArray(), Value = [1, 2, 3] }, Stopping);
        }
        var destination = new ScriptedDestination((message, attempt) => message == "a0" && attempt == 1 ? Failed : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"));

        await cluster.DeliverAsync(destination);

        await cluster.DeliveriesAsync(2);
        Assert.Equal(["a0", "a1"], destination.AcceptedMessages);
    }

    [Fact]
    public async Task Deliver_TwoMembersAndARebalance_LosesAndReordersNothing()
    {
        await using var cluster = await stack.ClusterAsync();
        // Every fifth event fails once, so that events wait in the retry topic whenever a partition moves.
        var destination = new ScriptedDestination(async (messages, attempt, stopping) =>
        {
            await Task.Delay(1, stopping);
            return SendResult.Whole(attempt == 1 && messages[0][^1] is '0' or '5' ? Failed : Ok, messages.Count);
        });
        await cluster.IdentifyAsync(Enumerable.Range(0, 400).Select(i => ($"p{i % 20}", $"m{i:0000}")));
        var first = await cluster.DeliverAsync(destination);
        await Eventually.TrueAsync(() => destination.Accepted.Count > 50);
        var second = await cluster.DeliverAsync(destination, instance: "2");
        await cluster.IdentifyAsync(Enumerable.Range(400, 400).Select(i => ($"p{i % 20}", $"m{i:0000}")));
        await Eventually.TrueAsync(() => destination.Accepted.Count > 300);
        await first.StopAsync();

        var deliveries = await cluster.DeliveriesAsync(800);

        Assert.Equal(Enumerable.Range(0, 800).Select(i => $"m{i:0000}"), deliveries.Select(delivery => delivery.messageId).Order());
        foreach (var profile in destination.Accepted.DistinctBy(item => item.IdempotencyKey).GroupBy(item => item.ProfileId, item => item.MessageId))
            Assert.Equal(profile.Order(), profile);
        Assert.Empty(await cluster.WaitingAsync());
        Assert.Equal(0, second.ExitCode);
    }

    [Fact]
    public async Task Deliver_WithoutOrder_AFailingEventHoldsUpNothing()
    {
        await using var cluster = await stack.ClusterAsync();
        var destination = new ScriptedDestination((message, attempt) => message == "a0" && attempt <= 1 ? Failed : Ok);
        await cluster.IdentifyAsync(("a", "a0"), ("a", "a1"), ("a", "a2"));
        await cluster.DeliverAsync(destination, settings: settings => settings with { KeepsOrder = false });

        await cluster.DeliveriesAsync(3);

        Assert.Equal("a0", destination.AcceptedMessages.Last());
        Assert.Empty(await cluster.WaitingAsync());
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private static string KeyOf(string message) => IdempotencyKey.Of(DeliveryRun.Id, SampleEvents.Event("", message).validated.envelope);
}
