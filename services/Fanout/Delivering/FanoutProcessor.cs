using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using cdp;
using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Fanout.Delivering;

/// <summary>How the deliveries of a batch ended.</summary>
/// <param name="ByPosition">
/// The outcomes by partition and offset. Null where the partition was lost before the delivery. Records that the destination does not want are not in it.
/// </param>
/// <param name="Faults">The records that cannot be routed or written as JSON, with the reason.</param>
public sealed record BatchOutcomes(
    IReadOnlyDictionary<(int Partition, long Offset), DeliveryOutcome?> ByPosition, IReadOnlyDictionary<(int Partition, long Offset), Exception> Faults);

/// <summary>Delivers the events of one destination. Those of one profile are delivered in order, those of different profiles concurrently.</summary>
public sealed class FanoutProcessor(Destination destination, DeliveryRetrier retrier) : Processor<BatchOutcomes>
{
    private static readonly Meter Meter = new("Cdp.fanout");
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "cdp.fanout.deliveries", "{event}", "Deliveries that ended, by destination and outcome: delivered, dead.");

    // The outcomes that this process may not have committed yet. A batch that is read again is not sent again. After a crash, the idempotency key lets the
    // destination recognize the repetition.
    private readonly ConcurrentDictionary<(int Partition, long Offset), DeliveryOutcome> _outcomes = new();
    private readonly ConcurrentDictionary<int, CancellationTokenSource> _revocations = new();

    public override string Dependency => $"destination {destination.Id}";

    public override async Task<BatchOutcomes> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var faults = new ConcurrentDictionary<(int Partition, long Offset), Exception>();
        Incoming[] wanted = [.. batch.Where(record => IsWanted(record, faults))];
        // The tokens are taken before the first delivery. So a partition that is revoked meanwhile stays revoked for this batch, even if it comes back.
        var revocations = wanted.Select(record => record.Position.partition).Distinct()
            .ToDictionary(partition => partition, partition => _revocations.GetOrAdd(partition, _ => new CancellationTokenSource()).Token);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = destination.Concurrency, CancellationToken = stopping };
        await Parallel.ForEachAsync(
            wanted.GroupBy(record => ((IdentifiedEvent)record.Value).profileId),
            parallel,
            async (profile, token) => await DeliverInOrderAsync(profile, revocations, faults, token));
        return new BatchOutcomes(wanted.Select(PositionOf).ToDictionary(position => position, _outcomes.GetValueOrDefault), faults);
    }

    public override void Decide(BatchOutcomes view, Incoming record, DateTime now, Outbox outbox)
    {
        if (view.Faults.TryGetValue(PositionOf(record), out var fault)) ExceptionDispatchInfo.Throw(fault);
        if (!view.ByPosition.TryGetValue(PositionOf(record), out var outcome)) return;
        var position = record.Position;
        if (outcome is null)
        {
            throw new InvalidOperationException(
                $"{position.topic}-{position.partition}@{position.offset} was not delivered, because its partition was revoked");
        }
        var identified = (IdentifiedEvent)record.Value;
        if (outcome.Reason is null) outbox.Add(Topics.Deliveries, identified.profileId, Delivered(identified, outcome, position));
        else outbox.Add(Topics.DeliveriesDead, identified.profileId, Dead(identified, outcome, position));
    }

    public override Task CommittedAsync(BatchOutcomes view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var outcome in committed.GroupBy(record => record.Topic == Topics.Deliveries ? "delivered" : "dead"))
        {
            Deliveries.Add(
                outcome.Count(), new KeyValuePair<string, object?>("destination", destination.Id), new KeyValuePair<string, object?>("outcome", outcome.Key));
        }
        ForgetCommitted(view.ByPosition.Keys);
        return Task.CompletedTask;
    }

    /// <summary>Cancels the deliveries of these partitions. Another member delivers them now: going on would send events twice and out of order.</summary>
    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_revocations.TryRemove(partition.Partition.Value, out var revocation)) revocation.Cancel();
        }
    }

    private bool IsWanted(Incoming record, ConcurrentDictionary<(int Partition, long Offset), Exception> faults)
    {
        try
        {
            return record.Value is IdentifiedEvent identified && Subscription.Route(identified, destination.Subscription);
        }
        catch (Exception e)
        {
            faults[PositionOf(record)] = e;
            return false;
        }
    }

    private async Task DeliverInOrderAsync(
        IEnumerable<Incoming> profile,
        Dictionary<int, CancellationToken> revocations,
        ConcurrentDictionary<(int Partition, long Offset), Exception> faults,
        CancellationToken stopping)
    {
        foreach (var record in profile)
        {
            if (_outcomes.ContainsKey(PositionOf(record))) continue;
            var revoked = revocations[record.Position.partition];
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, revoked);
            try
            {
                _outcomes[PositionOf(record)] = await retrier.DeliverAsync((IdentifiedEvent)record.Value, record.TraceParent, either.Token);
                Progressed();
            }
            catch (OperationCanceledException) when (revoked.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException && !IsOutage(e))
            {
                // Nothing was sent, so the later events of the profile need not wait for this one.
                faults[PositionOf(record)] = e;
            }
        }
    }

    // Outcomes are forgotten after the commit, not when a batch is read: that batch may be a part of one, and records before it may be read again. This also
    // bounds the outcomes to what one batch holds of each partition.
    private void ForgetCommitted(IEnumerable<(int Partition, long Offset)> committed)
    {
        var last = committed.GroupBy(position => position.Partition)
            .ToDictionary(partition => partition.Key, partition => partition.Max(position => position.Offset));
        foreach (var position in _outcomes.Keys)
        {
            if (last.TryGetValue(position.Partition, out var offset) && position.Offset <= offset) _outcomes.TryRemove(position, out _);
        }
    }

    private static (int Partition, long Offset) PositionOf(Incoming record) => (record.Position.partition, record.Position.offset);

    private Delivery Delivered(IdentifiedEvent identified, DeliveryOutcome outcome, RecordPosition origin) => new()
    {
        destinationId = destination.Id,
        profileId = identified.profileId,
        messageId = identified.validated.envelope.messageId,
        idempotencyKey = outcome.IdempotencyKey,
        status = outcome.Status!.Value,
        attempts = outcome.Attempts,
        origin = origin,
        deliveredAt = outcome.At,
    };

    private DeadDelivery Dead(IdentifiedEvent identified, DeliveryOutcome outcome, RecordPosition origin) => new()
    {
        destinationId = destination.Id,
        profileId = identified.profileId,
        messageId = identified.validated.envelope.messageId,
        idempotencyKey = outcome.IdempotencyKey,
        status = outcome.Status,
        reason = outcome.Reason!,
        attempts = outcome.Attempts,
        @event = identified,
        origin = origin,
        diedAt = outcome.At,
    };
}
