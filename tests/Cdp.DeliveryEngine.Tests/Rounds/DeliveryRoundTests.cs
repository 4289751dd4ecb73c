using System.Text.Json;
using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Observability;
using Cdp.DeliveryEngine.Rounds;
using Cdp.DeliveryEngine.Sending;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Values;
using Microsoft.Extensions.Logging.Abstractions;
using static Cdp.DeliveryEngine.Tests.ScriptedDestination;

namespace Cdp.DeliveryEngine.Tests.Rounds;

public sealed class DeliveryRoundTests : IDisposable
{
    private static readonly DeliverySettings Settings = new() { Id = "crm", Concurrency = 16, SlowAfter = TimeSpan.FromMilliseconds(50) };

    private readonly PartitionState _partition = new();
    private readonly DeliveryMeters _meters = new("crm");
    private readonly SemaphoreSlim _slots = new(Settings.Concurrency);

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _meters.Dispose();
        _slots.Dispose();
    }

    /// <summary>A result that arrives on another thread while the round waits must not be taken for a cancelled request.</summary>
    [Fact]
    public async Task RunAsync_AsynchronousResponses_SendsEachItemOnce()
    {
        var destination = new ScriptedDestination(async (messages, _, _) =>
        {
            await Task.Yield();
            return SendResult.Whole(Ok, messages.Count);
        });
        var lanes = Lanes(5_000, perLane: 5);
        await RunAsync(destination, lanes);
        Assert.All(lanes.SelectMany(lane => lane.Items), item => Assert.IsType<Outcome.Delivered>(item.Outcome));
        Assert.Equal(5_000, destination.Requests.Count);
        Assert.Equal(Settings.Concurrency, _slots.CurrentCount);
    }

    [Fact]
    public async Task RunAsync_SlowItemBehindAnother_ContinuesAndIsNotSentAgain()
    {
        var answer = new TaskCompletionSource();
        var destination = new ScriptedDestination(async (messages, _, _) =>
        {
            if (messages[0] == "m1") await answer.Task;
            return SendResult.Whole(Ok, messages.Count);
        });
        var lane = Assert.Single(Lanes(3, perLane: 3));
        await RunAsync(destination, [lane]);
        Assert.IsType<Outcome.Delivered>(lane.Items[0].Outcome);
        var parked = Assert.IsType<Outcome.Parked>(lane.Items[1].Outcome);
        Assert.IsType<Outcome.Parked>(lane.Items[2].Outcome);

        // The next round, in which the two wait in the retry topic.
        answer.SetResult();
        WorkItem[] items = [Item("m1", parked.Pending), Item("m2", null)];
        await Eventually.TrueAsync(() => parked.Pending!.HasEnded);
        await RunAsync(destination, [new LaneWork("lane0", _partition, items)]);
        Assert.All(items, item => Assert.IsType<Outcome.Delivered>(item.Outcome));
        Assert.Equal([["m0"], ["m1"], ["m2"]], destination.Requests);
    }

    [Fact]
    public async Task RunAsync_FailedItem_ParksWhatFollowsInItsLaneOnly()
    {
        var destination = new ScriptedDestination((message, _) => message == "m1" ? Failed : Ok);
        var lanes = Lanes(6, perLane: 3);
        await RunAsync(destination, lanes);
        Assert.Equal(["Delivered", "Parked", "Parked"], lanes[0].Items.Select(item => item.Outcome!.GetType().Name));
        Assert.Equal(["Delivered", "Delivered", "Delivered"], lanes[1].Items.Select(item => item.Outcome!.GetType().Name));
    }

    [Fact]
    public async Task RunAsync_Batches_KeepWithinItemsBytesAndKeys()
    {
        var destination = new ScriptedDestination(
            (messages, _, _) => Task.FromResult(SendResult.Whole(Ok, messages.Count)), new BatchRule(4, 10_000, ["kind"]));
        var lanes = Lanes(20, perLane: 1);
        await RunAsync(destination, lanes);
        Assert.All(destination.Requests, request => Assert.InRange(request.Count, 1, 4));
        Assert.All(destination.Requests, request => Assert.Single(request.Select(message => int.Parse(message[1..], null) % 2).Distinct()));
        Assert.Equal(20, destination.Requests.Sum(request => request.Count));
        Assert.True(destination.Requests.Count <= 6, $"{destination.Requests.Count} requests");
    }

    [Fact]
    public async Task RunAsync_DestinationThatThrows_ParksItsItems()
    {
        var destination = new ScriptedDestination((_, _, _) => throw new InvalidOperationException("bug"));
        var lanes = Lanes(2, perLane: 1);
        await RunAsync(destination, lanes);
        Assert.All(lanes, lane => Assert.Equal("InvalidOperationException: bug", Assert.IsType<Outcome.Parked>(lane.Items[0].Outcome).Reason));
        Assert.Equal(Settings.Concurrency, _slots.CurrentCount);
    }

    [Fact]
    public async Task RunAsync_RevokedPartition_LeavesItsItemsWithoutOutcome()
    {
        var arrived = new TaskCompletionSource();
        var destination = new ScriptedDestination(async (_, _, stopping) =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stopping);
            return SendResult.Whole(Ok, 1);
        });
        var lanes = Lanes(2, perLane: 2);
        var running = RunAsync(destination, lanes);
        await arrived.Task.WaitAsync(Stopping);
        _partition.Revoke();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Stopping);
        Assert.All(lanes[0].Items, item => Assert.Null(item.Outcome));
        Assert.Single(destination.Requests);
    }

    private Task RunAsync(Destination destination, IEnumerable<LaneWork> lanes)
    {
        var log = new DeliveryLog(NullLogger<DeliveryLog>.Instance, TimeProvider.System);
        var sender = new Sender(Settings, destination, TimeProvider.System, log, _meters, static () => { });
        return new DeliveryRound(Settings, sender, _slots, TimeProvider.System, Stopping).RunAsync(lanes);
    }

    private List<LaneWork> Lanes(int items, int perLane) => [.. Enumerable.Range(0, items).Chunk(perLane).Select((numbers, lane) =>
        new LaneWork($"lane{lane}", _partition, [.. numbers.Select(number => Item($"m{number}", null))]))];

    private static WorkItem Item(string message, PendingRequest? pending)
    {
        var json = JsonElement.Parse($$"""{"kind":{{int.Parse(message[1..], null) % 2}}}""");
        return new WorkItem
        {
            Id = new ItemId("topic", int.Parse(message[1..], null), ""),
            Event = new cdp.IdentifiedEvent { profileId = "p" },
            Origin = new cdp.RecordPosition { topic = "topic", partition = 0, offset = 0 },
            Action = "",
            ToSend = new DeliveryItem("p", message, message, null, "", json, Datum.Of(json)),
            Pending = pending,
        };
    }
}
