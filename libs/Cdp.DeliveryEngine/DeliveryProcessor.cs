using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text.Json;
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
    private const int MaxDueLanes = 500;
    private const int MaxPerDueLane = 50;

    private readonly DeliverySettings _settings;
    private readonly Router _router;
    private readonly Destination _destination;
    private readonly ParkedStore _parked;
    private readonly TimeProvider _time;
    private readonly DeliveryLog _log;
    private readonly DeliveryMeters _meters;
    private readonly Sender _sender;
    private readonly SemaphoreSlim _slots;
    // Changed by the thread of the loop only; Revoked reads it while a round is running.
    private readonly ConcurrentDictionary<int, PartitionState> _partitions = new();

    internal DeliveryProcessor(
        DeliverySettings settings, Router router, Destination destination, ParkedStore parked, TimeProvider time, DeliveryLog log)
    {
        (_settings, _router, _destination, _parked, _time, _log) = (settings, router, destination, parked, time, log);
        _meters = new DeliveryMeters(settings.Id);
        _sender = new Sender(settings, destination, time, log, _meters);
        _slots = new SemaphoreSlim(settings.Concurrency);
    }

    public override string Dependency => $"destination {_settings.Id}";

    public override bool HasDueWork => _partitions.Values.Any(state => DueLanes(state).Any());

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
        foreach (var partition in partitions.Select(partition => partition.Partition.Value).Distinct())
        {
            // Both inputs of a partition are assigned together, but may arrive in two calls.
            if (_partitions.ContainsKey(partition)) continue;
            var state = new PartitionState();
            await _parked.RestoreAsync(partition, _settings.KeepsOrder, state, stopping);
            _partitions[partition] = state;
        }
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_partitions.TryRemove(partition.Partition.Value, out var state)) state.Revoke();
        }
    }

    public override async Task<DeliveryBatch> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var view = new DeliveryBatch();
        var round = new DeliveryRound(_settings, _destination, _sender, _slots, _time, Progressed, stopping);
        await TakeDueAsync(view, stopping);
        var lanes = Route(view, batch);
        await round.RunAsync(view.Due.Select(due => due.Lane).Concat(lanes));
        foreach (var lane in lanes) Remember(lane, IdOfRecord);
        foreach (var (_, lane) in view.Due)
        {
            Remember(lane, item => IdOfParked(item));
            // What is still in flight is looked at again in a later round.
            lane.Partition.Pending.Remove(lane.Name);
            if (lane.Items[0] is { Outcome: null, Pending: { } pending }) lane.Partition.Pending[lane.Name] = pending;
        }
        return view;
    }

    public override void Decide(DeliveryBatch view, Incoming record, DateTime now, Outbox outbox)
    {
        var position = PositionOf(record);
        if (view.Faults.TryGetValue(position, out var fault)) ExceptionDispatchInfo.Throw(fault);
        foreach (var (lane, item) in view.Records.GetValueOrDefault(position) ?? [])
        {
            if (item.Outcome is null)
                throw new InvalidOperationException($"{position.Topic}-{position.Partition}@{position.Offset} has no outcome, because its partition was revoked");
            Write(view, position.Partition, lane, item, IdOfRecord(item), now, outbox);
        }
    }

    public override void FinishBatch(DeliveryBatch view, DateTime now, Outbox outbox)
    {
        foreach (var (partition, lane) in view.Due)
        {
            // Another member owns the partition now, or this one owns it again, with a new state.
            if (_partitions.GetValueOrDefault(partition) != lane.Partition) continue;
            foreach (var item in lane.Items.Where(item => item.Outcome is not null)) Write(view, partition, lane, item, IdOfParked(item), now, outbox);
        }
    }

    public override Task CommittedAsync(DeliveryBatch view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var (state, lane, id, item) in view.Ended)
        {
            if (item.Parked is { } entry) state.Lanes.Remove(lane, entry.Sequence);
            state.Outcomes.TryRemove(id, out _);
            Count(item);
        }
        foreach (var (state, lane, item, outcome, entry, record) in view.Parked)
        {
            var written = entry with { Offset = record.Offset };
            if (item.Parked is null) state.Lanes.Add(lane, written);
            else state.Lanes.Replace(lane, written);
            state.Outcomes.TryRemove(item.Parked is null ? IdOfRecord(item) : IdOfParked(item), out _);
            if (outcome.Pending is { } pending) state.Pending[lane] = pending;
        }
        return Task.CompletedTask;
    }

    public override Task WatchAsync(CancellationToken stopping)
    {
        var now = Now;
        var oldest = _partitions.Values.Min(state => state.Lanes.OldestParkedAt);
        var state = new DeliveryState(
            _partitions.Values.Sum(partition => partition.Lanes.Count), oldest is { } at ? (now - at).TotalSeconds : 0, _sender.IsOpen, _sender.Rate);
        _meters.State = () => state;
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

    // A lane whose request is still in flight is not due until that has ended.
    private IEnumerable<string> DueLanes(PartitionState state) =>
        state.Lanes.DueLanes(Now).Where(lane => !state.Pending.TryGetValue(lane, out var pending) || pending.Results.IsCompleted);

    private async Task TakeDueAsync(DeliveryBatch view, CancellationToken stopping)
    {
        foreach (var (partition, state) in _partitions)
        {
            var due = DueLanes(state).Take(MaxDueLanes).Select(lane => (Lane: lane, Entries: state.Lanes.Head(lane, MaxPerDueLane))).ToList();
            if (due.Count == 0) continue;
            var records = await _parked.ReadAsync(partition, due.SelectMany(lane => lane.Entries).Select(entry => entry.Offset), stopping);
            foreach (var (lane, entries) in due)
            {
                List<WorkItem> items = [.. entries.Select(entry => ItemOf(state, records[entry.Offset], entry))];
                items[0].Pending = state.Pending.GetValueOrDefault(lane);
                view.Due.Add((partition, new LaneWork(lane, state, items)));
            }
        }
    }

    private WorkItem ItemOf(PartitionState state, RetriedDelivery record, ParkedItem entry)
    {
        // The configuration may have changed since: the event is routed again.
        var (toSend, outcome) = Resolve(record);
        var item = new WorkItem
        {
            Event = record.@event,
            Origin = record.origin,
            RedrivenFrom = record.redrivenFrom,
            Action = record.action,
            Parked = entry,
            Attempts = record.attempts,
            ToSend = toSend,
        };
        item.Outcome = state.Outcomes.GetValueOrDefault(IdOfParked(item)) ?? outcome;
        return item;
    }

    private (DeliveryItem? ToSend, Outcome? Outcome) Resolve(RetriedDelivery record) => _router.Route(record.@event, record.action) switch
    {
        RoutedEvent.Triggered { Actions: [{ Fault: null } action] } => (ToItem(record.@event, action, null), null),
        RoutedEvent.Triggered { Actions: [var action] } => (null, new Outcome.Dead(null, action.Fault!, record.attempts, Now)),
        RoutedEvent.Filtered filtered => (null, new Outcome.Filtered(filtered.Rule, Now)),
        _ => (null, new Outcome.Filtered("no action subscribes to the event any more", Now)),
    };

    // The lanes of the input, in the order of their first records.
    private List<LaneWork> Route(DeliveryBatch view, IReadOnlyList<Incoming> batch)
    {
        var lanes = new OrderedDictionary<(PartitionState State, string Lane), List<WorkItem>>();
        foreach (var record in batch)
        {
            // Revoked since the batch was polled: the loop discards the record.
            if (!_partitions.TryGetValue(record.Position.partition, out var state)) continue;
            List<WorkItem> items;
            try
            {
                items = ItemsOf(record);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
            {
                view.Faults[PositionOf(record)] = e;
                continue;
            }
            foreach (var (index, item) in items.Index())
            {
                item.Outcome ??= state.Outcomes.GetValueOrDefault(IdOfRecord(item));
                var lane = _settings.KeepsOrder ? item.Event.profileId : $"{record.Topic.Name}@{record.Position.offset}#{index}";
                if (!lanes.TryGetValue((state, lane), out var of)) lanes[(state, lane)] = of = [];
                // Behind what waits for the profile already.
                if (_settings.KeepsOrder && state.Lanes.Contains(lane)) item.Outcome = new Outcome.Parked(null, null, 0, Now);
                of.Add(item);
            }
        }
        List<LaneWork> work = [.. lanes.Select(lane => new LaneWork(lane.Key.Lane, lane.Key.State, lane.Value))];
        foreach (var lane in work)
        {
            foreach (var item in lane.Items)
            {
                var position = (item.Input!.topic, item.Input.partition, item.Input.offset);
                if (!view.Records.TryGetValue(position, out var of)) view.Records[position] = of = [];
                of.Add((lane, item));
            }
        }
        return work;
    }

    private List<WorkItem> ItemsOf(Incoming record)
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
            RoutedEvent.Triggered triggered => [.. triggered.Actions.Select(action => New(action.Action) with
            {
                ToSend = action.Fault is null ? ToItem(identified, action, record.TraceParent) : null,
                Outcome = action.Fault is { } fault ? new Outcome.Dead(null, fault, 0, Now) : null,
            })],
            RoutedEvent.Filtered filtered => [New("") with { Outcome = new Outcome.Filtered(filtered.Rule, Now) }],
            // An operator asked for it, so it must be seen what became of it.
            _ when redrivenFrom is not null => [New("") with { Outcome = new Outcome.Filtered("no action subscribes to the event", Now) }],
            _ => [],
        };

        WorkItem New(string action) => new() { Event = identified, Origin = origin, RedrivenFrom = redrivenFrom, Input = record.Position, Action = action };
    }

    private DeliveryItem ToItem(IdentifiedEvent identified, TriggeredAction action, string? traceParent)
    {
        var envelope = identified.validated.envelope;
        var key = IdempotencyKey.Of(_settings.Id, envelope, action.Action);
        return new DeliveryItem(identified.profileId, envelope.messageId, key, traceParent, action.Action, action.Event, action.Payload);
    }

    private static void Remember(LaneWork lane, Func<WorkItem, ItemId> idOf)
    {
        // What only waits behind another event is decided again.
        foreach (var item in lane.Items.Where(item => item.Outcome is not null and not Outcome.Parked { Reason: null }))
            lane.Partition.Outcomes[idOf(item)] = item.Outcome!;
    }

    private void Write(DeliveryBatch view, int partition, LaneWork lane, WorkItem item, ItemId id, DateTime now, Outbox outbox)
    {
        var profileId = item.Event.profileId;
        switch (item.Outcome)
        {
            case Outcome.Delivered delivered:
                outbox.Add(Topics.Deliveries, profileId, DeliveryRecords.Delivered(_settings.Id, item, delivered));
                break;
            case Outcome.Filtered filtered:
                outbox.Add(Topics.Deliveries, profileId, DeliveryRecords.Filtered(_settings.Id, item, filtered));
                break;
            case Outcome.Dead dead:
                outbox.Add(Topics.DeliveriesDead, profileId, DeliveryRecords.Dead(_settings.Id, item, dead, Preview(item)));
                break;
            case Outcome.Parked parked:
                Park(view, partition, lane, item, parked, now, outbox);
                return;
        }
        if (item.Parked is { } entry) outbox.AddTombstone(_parked.Topic, DeliveryRecords.RetryKey(profileId, entry.Sequence), partition);
        view.Ended.Add((lane.Partition, lane.Name, id, item));
    }

    private void Park(DeliveryBatch view, int partition, LaneWork lane, WorkItem item, Outcome.Parked outcome, DateTime now, Outbox outbox)
    {
        var sequence = item.Parked?.Sequence ?? view.NextSequence.GetValueOrDefault(lane.Partition, lane.Partition.Lanes.NextSequence);
        if (item.Parked is null) view.NextSequence[lane.Partition] = sequence + 1;
        var key = DeliveryRecords.RetryKey(item.Event.profileId, sequence);
        var record = DeliveryRecords.Retried(_settings.Id, item, outcome, sequence, item.Parked?.ParkedAt ?? now);
        var written = outbox.Add(_parked.Topic, key, record, partition);
        var name = _settings.KeepsOrder ? lane.Name : key;
        view.Parked.Add((lane.Partition, name, item, outcome, DeliveryRecords.EntryOf(record, offset: -1), written));
    }

    private string? Preview(WorkItem item) => item.ToSend is null ? null : _destination.Preview([item.ToSend]);

    private static ItemId IdOfRecord(WorkItem item) => new(item.Input!.topic, item.Input.offset, item.Action);

    private static ItemId IdOfParked(WorkItem item) => new("", item.Parked!.Value.Sequence, item.Action);

    private static (string Topic, int Partition, long Offset) PositionOf(Incoming record) =>
        (record.Position.topic, record.Position.partition, record.Position.offset);
}
