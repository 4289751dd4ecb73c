using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Observability;
using Cdp.DeliveryEngine.Parking;
using Cdp.DeliveryEngine.Rounds;
using Cdp.DeliveryEngine.Sending;
using Cdp.Destinations;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Routing;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.DeliveryEngine;

/// <summary>
/// Delivers the events of one destination. The events of a profile are delivered in order, those of different profiles in parallel. An event that fails moves
/// to the retry topic of the destination, and what follows for its profile moves behind it, until it is through or given up. The owner of a partition of the
/// input owns the same partition of the retry topic.
/// </summary>
public sealed class DeliveryProcessor : Processor<DeliveryBatch>, IDisposable
{
    // A round of retries is bounded, so that new events and a rebalance wait for it only briefly, and its transaction stays small.
    private const int MaxDueItems = 1_000;
    private const int MinPerDueLane = 10;
    private static readonly TimeSpan DueRoundLength = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BlockedTime = TimeSpan.FromMinutes(1);

    private readonly DeliverySettings _settings;
    private readonly Router _router;
    private readonly Destination _destination;
    private readonly ParkedStore _parked;
    private readonly TimeProvider _time;
    private readonly DeliveryLog _log;
    private readonly DeliveryMeters _meters;
    private readonly Sender _sender;
    private readonly SemaphoreSlim _slots;
    private volatile Func<DeliveryState>? _state;
    // Changed by the thread of the loop only; Revoked reads it while a round is running.
    private readonly ConcurrentDictionary<int, PartitionState> _partitions = new();
    // The partition whose retries come first in the next round.
    private int _turn;

    internal DeliveryProcessor(
        DeliverySettings settings, Router router, Destination destination, ParkedStore parked, TimeProvider time, DeliveryLog log)
    {
        (_settings, _router, _destination, _parked, _time, _log) = (settings, router, destination, parked, time, log);
        _meters = new DeliveryMeters(settings.Id);
        _sender = new Sender(settings, destination, time, log, _meters, Progressed);
        _slots = new SemaphoreSlim(settings.Concurrency);
    }

    /// <summary>The state, as far as events are concerned about a second ago; null before the first look at them.</summary>
    public DeliveryState? State => _state?.Invoke();

    public override string Dependency => $"destination {_settings.Id}";

    public override bool HasDueWork => _partitions.Values.Any(state => state.DueLanes(Now).Any());

    public override bool IsFull
    {
        get
        {
            var parked = _partitions.Values.Sum(state => state.Lanes.Count);
            if (parked < _settings.MaxParked) return false;
            _log.Full(_settings.Id, parked);
            return true;
        }
    }

    /// <summary>Most events concern only a few destinations: the others decide that by the headers, without decoding the record.</summary>
    public override bool Skips(Headers? headers)
    {
        if (EventHeaders.DestinationOf(headers) is { } destination) return destination != _settings.Id;
        var (type, name) = EventHeaders.Of(headers);
        return type is not null && _router.Matches(type, name) == false;
    }

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        // All at once and before the first wait: a partition that is revoked while others are restored must not come back as one of ours.
        var states = partitions.Select(partition => partition.Partition.Value).Distinct()
            .ToDictionary(partition => partition, partition => _partitions.GetOrAdd(partition, _ => new PartitionState()));
        // Both inputs of a partition are assigned together, but may arrive in two calls.
        foreach (var (partition, state) in states.Where(state => !state.Value.IsRestored))
        {
            if (state.Revoked.IsCancellationRequested) continue;
            state.Restore(await _parked.RestoreAsync(partition, _settings.KeepsOrder, stopping));
            Progressed();
        }
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_partitions.TryRemove(partition.Partition.Value, out var state)) state.Revoke();
        }
    }

    /// <summary>
    /// Sends what the batch has to send, or, for an empty batch, the retries that are due. No exception leaves it but outages, because the loop would blame a
    /// record for it.
    /// </summary>
    public override async Task<DeliveryBatch> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var view = new DeliveryBatch();
        var round = new DeliveryRound(_settings, _sender, _slots, _time, stopping);
        if (batch.Count > 0)
        {
            await round.RunAsync(Route(view, batch));
            return view;
        }
        await TakeDueAsync(view, stopping);
        await round.RunAsync(view.Due.Select(due => due.Lane), DueRoundLength);
        foreach (var lane in view.Due.Select(due => due.Lane)) RememberPending(lane);
        return view;
    }

    public override void Decide(DeliveryBatch view, Incoming record, DateTime now, Outbox outbox)
    {
        var position = PositionOf(record);
        if (view.Faults.TryGetValue(position, out var fault)) ExceptionDispatchInfo.Throw(fault);
        foreach (var (lane, item) in view.Records.GetValueOrDefault(position) ?? [])
        {
            if (item.Outcome is null)
                throw new InvalidOperationException(
                    $"{position.Topic}-{position.Partition}@{position.Offset} has no outcome, because its partition was revoked");
            Write(view, position.Partition, lane, item, now, outbox);
        }
    }

    public override void FinishBatch(DeliveryBatch view, DateTime now, Outbox outbox)
    {
        if (view.Due.Count > 0) view.Forget();
        foreach (var (partition, lane) in view.Due)
        {
            // Another member owns the partition now, or this one owns it again, with a new state.
            if (_partitions.GetValueOrDefault(partition) != lane.Partition) continue;
            foreach (var item in lane.Items.Where(item => item.Outcome is not null)) Write(view, partition, lane, item, now, outbox);
        }
    }

    public override Task CommittedAsync(DeliveryBatch view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var (state, lane, item) in view.Ended)
        {
            if (item.Parked is { } entry)
            {
                state.Lanes.Remove(lane, entry.Sequence);
                state.Pending.Remove(entry.Sequence);
                state.Blocked.Remove(lane);
            }
            state.Outcomes.TryRemove(item.Id, out _);
            Count(item);
        }
        foreach (var (state, lane, item, outcome, entry, record) in view.Parked)
        {
            var written = entry with { Offset = record.Offset };
            if (item.Parked is null) state.Lanes.Add(lane, written);
            else state.Lanes.Replace(lane, written);
            state.Outcomes.TryRemove(item.Id, out _);
            if (outcome.Pending is { } pending) state.Pending[entry.Sequence] = pending;
            else state.Pending.Remove(entry.Sequence);
        }
        return Task.CompletedTask;
    }

    /// <summary>One outcome that cannot be written must not stop the others, nor the process: its lane is tried again later.</summary>
    public override void DueWorkRefused(DeliveryBatch view, UnwritableRecordException exception)
    {
        var lanes = view.Due.Select(due => due.Lane).ToList();
        var written = view.Written.Where(output => output.Record == exception.Record).Select(output => output.Lane).ToList();
        foreach (var lane in written.Count > 0 ? written : lanes)
        {
            lane.Partition.Blocked[lane.Name] = Now + BlockedTime;
            _log.Refused(_settings.Id, lane.Name, exception.Message);
        }
    }

    public override Task WatchAsync(CancellationToken stopping)
    {
        var oldest = _partitions.Values.Min(state => state.Lanes.OldestParkedAt);
        var (parked, age) = (_partitions.Values.Sum(state => state.Lanes.Count), oldest is { } at ? (Now - at).TotalSeconds : 0);
        // The breaker opens while the loop waits for a round, and is not watched again before the round ends.
        _meters.State = _state = () => new DeliveryState(parked, age, _sender.IsOpen, _sender.Rate);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _meters.Dispose();
        _parked.Dispose();
        _destination.Dispose();
        _slots.Dispose();
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private void Count(WorkItem item)
    {
        if (item.Outcome is Outcome.Delivered delivered) _meters.Delivered(delivered.At - item.Event.validated.envelope.receivedAt);
        else if (item.Outcome is Outcome.Dead dead) _meters.Dead(dead.Status);
        else _meters.Filtered();
    }

    // Partitions take turns, so that the backlog of one does not hold up the retries of the others.
    private async Task TakeDueAsync(DeliveryBatch view, CancellationToken stopping)
    {
        var due = _partitions.OrderBy(partition => (partition.Key - _turn + int.MaxValue) % int.MaxValue)
            .SelectMany(partition => partition.Value.DueLanes(Now).Take(MaxDueItems)
                .Select(lane => (Partition: partition.Key, State: partition.Value, Lane: lane)))
            .Take(MaxDueItems / MinPerDueLane).ToList();
        if (due.Count == 0) return;
        var most = Math.Max(MinPerDueLane, MaxDueItems / due.Count);
        _turn = due[^1].Partition + 1;
        foreach (var partition in due.GroupBy(lane => lane.Partition))
        {
            var lanes = partition.Select(lane => (lane.State, lane.Lane, Entries: lane.State.Lanes.Head(lane.Lane, most))).ToList();
            var records = await _parked.ReadAsync(partition.Key, lanes.SelectMany(lane => lane.Entries).Select(entry => entry.Offset), stopping);
            Progressed();
            foreach (var (state, lane, entries) in lanes)
            {
                var readable = entries.TakeWhile(entry => records.ContainsKey(entry.Offset));
                List<WorkItem> items = [.. readable.Select(entry => ItemOf(state, records[entry.Offset], entry))];
                if (items.Count > 0) view.Due.Add((partition.Key, new LaneWork(lane, state, items)));
            }
        }
    }

    private WorkItem ItemOf(PartitionState state, (RetriedDelivery Record, string? TraceParent) read, ParkedItem entry)
    {
        var (record, traceParent) = read;
        // The configuration may have changed since: the event is routed again.
        var (toSend, outcome) = Resolve(record, traceParent);
        var id = new ItemId("", entry.Sequence, record.action);
        return new WorkItem
        {
            Id = id,
            Event = record.@event,
            Origin = record.origin,
            RedrivenFrom = record.redrivenFrom,
            TraceParent = traceParent,
            Action = record.action,
            Parked = entry,
            Attempts = record.attempts,
            ToSend = toSend,
            Pending = state.Pending.GetValueOrDefault(entry.Sequence),
            Outcome = state.Outcomes.GetValueOrDefault(id) ?? outcome,
        };
    }

    private (DeliveryItem? ToSend, Outcome? Outcome) Resolve(RetriedDelivery record, string? traceParent)
    {
        try
        {
            return _router.Route(record.@event, record.action) switch
            {
                RoutedEvent.Triggered { Actions: [{ Fault: null } action] } => (ToItem(record.@event, action, traceParent), null),
                RoutedEvent.Triggered { Actions: [var action] } => (null, new Outcome.Dead(null, action.Fault!, record.attempts, Now)),
                RoutedEvent.Filtered filtered => (null, new Outcome.Filtered(filtered.Rule, Now)),
                _ => (null, new Outcome.Filtered("no action subscribes to the event any more", Now)),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return (null, new Outcome.Dead(null, $"the event cannot be mapped: {e.GetType().Name}: {e.Message}", record.attempts, Now));
        }
    }

    // The lanes of the input, in the order of their first records.
    private List<LaneWork> Route(DeliveryBatch view, IReadOnlyList<Incoming> batch)
    {
        var lanes = new OrderedDictionary<(PartitionState State, string Lane), List<WorkItem>>();
        var positions = new Dictionary<WorkItem, (string, int, long)>();
        foreach (var record in batch)
        {
            var state = _partitions.GetValueOrDefault(record.Position.partition);
            try
            {
                // If the partition was revoked since the batch was polled, the loop discards the record.
                if (state is not { IsRestored: true }) throw new InvalidOperationException($"partition {record.Position.partition} is not assigned");
                foreach (var (index, item) in ItemsOf(record, state).Index())
                {
                    var lane = _settings.KeepsOrder ? item.Event.profileId : $"{record.Topic.Name}@{record.Position.offset}#{index}";
                    // Behind what waits for the profile already.
                    if (_settings.KeepsOrder && state.Lanes.Contains(lane)) item.Outcome ??= new Outcome.Parked(null, null, 0, Now);
                    (lanes.TryGetValue((state, lane), out var of) ? of : lanes[(state, lane)] = []).Add(item);
                    positions[item] = PositionOf(record);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                view.Faults[PositionOf(record)] = e;
            }
        }
        List<LaneWork> work = [.. lanes.Select(lane => new LaneWork(lane.Key.Lane, lane.Key.State, lane.Value))];
        foreach (var (lane, item) in work.SelectMany(lane => lane.Items.Select(item => (lane, item))))
            (view.Records.TryGetValue(positions[item], out var of) ? of : view.Records[positions[item]] = []).Add((lane, item));
        return work;
    }

    private List<WorkItem> ItemsOf(Incoming record, PartitionState state)
    {
        var (identified, origin, only, redrivenFrom) = record.Value switch
        {
            IdentifiedEvent live => (live, record.Position, null, (RecordPosition?)null),
            DeliveryRequest request when request.destinationId == _settings.Id => (request.@event, request.origin, request.action, record.Position),
            _ => default,
        };
        if (identified is null) return [];
        return _router.Route(identified, only) switch
        {
            RoutedEvent.Triggered triggered => [.. triggered.Actions.Select(action => action.Fault is { } fault
                ? New(action.Action, null, new Outcome.Dead(null, fault, 0, Now))
                : New(action.Action, ToItem(identified, action, record.TraceParent), null))],
            RoutedEvent.Filtered filtered => [New("", null, new Outcome.Filtered(filtered.Rule, Now))],
            // An operator asked for it, and must be able to see what became of it.
            _ when redrivenFrom is not null => [New("", null, new Outcome.Filtered("no action subscribes to the event", Now))],
            _ => [],
        };

        WorkItem New(string action, DeliveryItem? toSend, Outcome? outcome)
        {
            var id = new ItemId(record.Position.topic, record.Position.offset, action);
            return new WorkItem
            {
                Id = id,
                Event = identified,
                Origin = origin,
                RedrivenFrom = redrivenFrom,
                TraceParent = record.TraceParent,
                Action = action,
                ToSend = toSend,
                Outcome = state.Outcomes.GetValueOrDefault(id) ?? outcome,
            };
        }
    }

    private DeliveryItem ToItem(IdentifiedEvent identified, TriggeredAction action, string? traceParent)
    {
        var envelope = identified.validated.envelope;
        var key = IdempotencyKey.Of(_settings.Id, envelope, action.Action);
        return new DeliveryItem(identified.profileId, envelope.messageId, key, traceParent, action.Action, action.Event, action.Payload);
    }

    // What is still in flight is looked at again in a later round; what was cancelled is sent again.
    private static void RememberPending(LaneWork lane)
    {
        foreach (var item in lane.Items.Where(item => item.Outcome is null))
        {
            if (item.Pending is { } pending) lane.Partition.Pending[item.Parked!.Value.Sequence] = pending;
            else lane.Partition.Pending.Remove(item.Parked!.Value.Sequence);
        }
    }

    private void Write(DeliveryBatch view, int partition, LaneWork lane, WorkItem item, DateTime now, Outbox outbox)
    {
        var profileId = item.Event.profileId;
        switch (item.Outcome)
        {
            case Outcome.Delivered delivered:
                Add(Topics.Deliveries, DeliveryRecords.Delivered(_settings.Id, item, delivered));
                break;
            case Outcome.Filtered filtered:
                Add(Topics.Deliveries, DeliveryRecords.Filtered(_settings.Id, item, filtered));
                break;
            case Outcome.Dead dead:
                Add(Topics.DeliveriesDead, DeliveryRecords.Dead(_settings.Id, item, dead, item.ToSend is null ? null : _sender.Preview(item.ToSend)));
                break;
            case Outcome.Parked parked:
                Park(view, partition, lane, item, parked, now, outbox);
                return;
        }
        if (item.Parked is { } entry) outbox.AddTombstone(_parked.Topic, DeliveryRecords.RetryKey(profileId, entry.Sequence), partition);
        view.Ended.Add((lane.Partition, lane.Name, item));

        void Add(Topic topic, ISpecificRecord record) => view.Written.Add((lane, outbox.Add(topic, profileId, record, traceParent: item.TraceParent)));
    }

    private void Park(DeliveryBatch view, int partition, LaneWork lane, WorkItem item, Outcome.Parked outcome, DateTime now, Outbox outbox)
    {
        var sequence = item.Parked?.Sequence ?? view.NextSequence.GetValueOrDefault(lane.Partition, lane.Partition.Lanes.NextSequence);
        if (item.Parked is null) view.NextSequence[lane.Partition] = sequence + 1;
        var key = DeliveryRecords.RetryKey(item.Event.profileId, sequence);
        var record = DeliveryRecords.Retried(_settings.Id, item, outcome, sequence, item.Parked?.ParkedAt ?? now);
        var written = outbox.Add(_parked.Topic, key, record, partition, item.TraceParent);
        view.Written.Add((lane, written));
        var name = _settings.KeepsOrder ? lane.Name : key;
        view.Parked.Add((lane.Partition, name, item, outcome, DeliveryRecords.EntryOf(record, offset: -1), written));
    }

    private static (string Topic, int Partition, long Offset) PositionOf(Incoming record) =>
        (record.Position.topic, record.Position.partition, record.Position.offset);
}
