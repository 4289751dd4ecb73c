using System.Threading.Channels;
using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Sending;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>
/// Sends what one batch, or the retries that are due, have to send. Each lane has at most one request in flight, and its next item follows when that has ended
/// well. Lanes run in parallel. A round makes one attempt for each item at most; what fails waits in the retry topic, so that it holds up nothing else.
/// </summary>
internal sealed class DeliveryRound(
    DeliverySettings settings, Sender sender, SemaphoreSlim slots, TimeProvider time, CancellationToken stopping)
{
    // From this attempt on an item is sent alone: it may be what makes its requests fail.
    private const int AloneFromAttempt = 3;
    private static readonly TimeSpan SlotStep = TimeSpan.FromMilliseconds(50);

    private readonly LinkedList<LaneWork> _ready = new();
    private readonly List<(SentRequest Request, IReadOnlyList<LaneWork> Lanes)> _running = [];
    private readonly Channel<SentRequest> _ended = Channel.CreateUnbounded<SentRequest>();

    /// <summary>Sends the items of all lanes. When it returns, every item has an outcome, unless its partition was revoked or its turn has not come.</summary>
    /// <param name="lanes">The lanes.</param>
    /// <param name="startWithin">After this time no more requests are started; null for no bound.</param>
    public async Task RunAsync(IEnumerable<LaneWork> lanes, TimeSpan? startWithin = null)
    {
        var started = time.GetTimestamp();
        foreach (var lane in lanes) Enqueue(lane);
        while (_ready.Count > 0 || _running.Count > 0)
        {
            if (startWithin is { } bound && time.GetElapsedTime(started) > bound) _ready.Clear();
            while (_ready.Count > 0 && slots.Wait(0, CancellationToken.None)) Start(TakeRequest());
            if (_running.Count == 0 && _ready.Count > 0)
            {
                // Requests of earlier rounds have all slots.
                await Task.Delay(SlotStep, time, stopping);
            }
            else if (_running.Count > 0 && await NextEndedAsync() is { } ended)
            {
                Complete(ended);
            }
            else if (_ready.Count == 0)
            {
                HandOver();
                return;
            }
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private void Enqueue(LaneWork lane)
    {
        lane.Advance(Now);
        while (lane.Next is { Pending: { } pending } item)
        {
            // A request of an earlier round: its result counts as if it had been sent now.
            if (!pending.HasEnded) return;
            item.Pending = null;
            if (pending.Result is { } result) Apply(lane, item, result);
            lane.Advance(Now);
        }
        if (lane.Next is not null) _ready.AddLast(lane);
    }

    // The first lane that is ready, and others whose next items fit into the same request.
    private List<LaneWork> TakeRequest()
    {
        var first = _ready.First!.Value;
        _ready.RemoveFirst();
        var request = new List<LaneWork> { first };
        var head = first.Next!;
        var rule = sender.Batch(head.Action);
        if (rule.Items <= 1 || head.Attempts + 1 >= AloneFromAttempt) return request;
        var (keys, bytes) = (KeysOf(head.ToSend!, rule), SizeOf(head.ToSend!));
        for (var node = _ready.First; node is not null && request.Count < rule.Items;)
        {
            var (lane, next) = (node.Value, node.Next);
            var item = lane.Next!;
            if (item.Action == head.Action && item.Attempts + 1 < AloneFromAttempt && KeysOf(item.ToSend!, rule).SequenceEqual(keys))
            {
                var size = SizeOf(item.ToSend!);
                if (bytes + size > rule.Bytes) break;
                bytes += size;
                request.Add(lane);
                _ready.Remove(node);
            }
            node = next;
        }
        return request;
    }

    private void Start(IReadOnlyList<LaneWork> lanes)
    {
        var request = new SentRequest([.. lanes.Select(lane => lane.Next!.ToSend!)]);
        _running.Add((request, lanes));
        request.Results = SendAsync(request, [.. lanes.Select(lane => lane.Partition.Revoked).Distinct()]);
        _ = NotifyAsync(request);
    }

    private async Task<IReadOnlyList<DeliveryResult>> SendAsync(SentRequest request, CancellationToken[] revoked)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource([stopping, .. revoked]);
        try
        {
            return await sender.SendAsync(request, either.Token);
        }
        finally
        {
            slots.Release();
        }
    }

    // Only once the task has completed: a result that is not there yet would count as cancelled, and the item would be sent again.
    private async Task NotifyAsync(SentRequest request)
    {
        await ((Task)request.Results).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Writer.TryWrite(request);
    }

    // Null: the requests in flight have all been sent some time ago, and nothing else can be sent meanwhile.
    private async Task<SentRequest?> NextEndedAsync()
    {
        while (true)
        {
            if (_ended.Reader.TryRead(out var ended)) return ended;
            var arrived = _ended.Reader.WaitToReadAsync(stopping).AsTask();
            if (_ready.Count == 0 && await Task.WhenAny(arrived, Task.Delay(UntilSlow(), time, stopping)) != arrived)
            {
                stopping.ThrowIfCancellationRequested();
                if (UntilSlow() <= TimeSpan.Zero) return null;
            }
            else
            {
                await arrived;
            }
        }
    }

    // A request that waits at the gate waits for the destination as a whole: it is not slow by itself.
    private TimeSpan UntilSlow()
    {
        var longest = TimeSpan.Zero;
        foreach (var (request, _) in _running)
        {
            var left = request.SentAt is { } sent ? settings.SlowAfter - time.GetElapsedTime(sent) : settings.SlowAfter;
            if (left > longest) longest = left;
        }
        return longest;
    }

    private void Complete(SentRequest request)
    {
        var index = _running.FindIndex(running => running.Request == request);
        var lanes = _running[index].Lanes;
        _running.RemoveAt(index);
        stopping.ThrowIfCancellationRequested();
        for (var i = 0; i < lanes.Count; i++)
        {
            if (lanes[i].Partition.Revoked.IsCancellationRequested) continue;
            // Cancelled because a partition of another lane was revoked: this one is sent again.
            if (request.Results.IsCompletedSuccessfully) Apply(lanes[i], lanes[i].Next!, request.Results.Result[i]);
            Enqueue(lanes[i]);
        }
    }

    private void Apply(LaneWork lane, WorkItem item, DeliveryResult result)
    {
        var attempts = item.Attempts + (result is DeliveryResult.Unreachable ? 0 : 1);
        item.Outcome = RetryPolicy.Decide(settings, result, attempts, item.Parked?.ParkedAt, Now, Random.Shared.NextDouble());
        lane.Partition.Outcomes[item.Id] = item.Outcome;
    }

    // New items are parked, and due as soon as the response is there.
    private void HandOver()
    {
        foreach (var (request, lanes) in _running)
        {
            for (var i = 0; i < lanes.Count; i++)
            {
                var (lane, item) = (lanes[i], lanes[i].Next!);
                item.Pending = new PendingRequest(request, i);
                if (item.Parked is not null) continue;
                item.Outcome = new Outcome.Parked(null, "the response has not arrived yet", item.Attempts, Now, item.Pending);
                lane.Partition.Outcomes[item.Id] = item.Outcome;
                lane.Advance(Now);
            }
        }
    }

    private static IEnumerable<string> KeysOf(DeliveryItem item, BatchRule rule) => rule.Keys.Select(key => item.Payload.Member(key).ToJson());

    private static int SizeOf(DeliveryItem item) => item.Payload.ToJson().Length;
}
