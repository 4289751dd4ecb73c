using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using cdp;
using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.Delivering;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Fanout;

/// <summary>How the deliveries of a batch ended, by partition and offset; null where the partition was lost before. What is not here, the destination did not want.</summary>
public sealed record Outcomes(IReadOnlyDictionary<(int Partition, long Offset), Outcome?> ByPosition);

/// <summary>Delivers the events of one destination: those of a profile one after the other, those of different profiles side by side.</summary>
public sealed class FanoutProcessor(Destination destination, Courier courier) : Processor<Outcomes>
{
    private static readonly Meter Meter = new($"Cdp.{FanoutService.Name}");
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("cdp.fanout.deliveries", "{event}", "Deliveries that ended, by destination and outcome: delivered, dead.");

    // What this process has delivered and perhaps not yet committed: a batch that is read again is not sent again. Across a crash the idempotency key does that.
    private readonly ConcurrentDictionary<(int Partition, long Offset), Outcome> _ended = new();
    private readonly ConcurrentDictionary<int, CancellationTokenSource> _lost = new();

    public override async Task<Outcomes> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        ForgetCommitted(batch);
        Incoming[] wanted = [.. batch.Where(record => record.Value is IdentifiedEvent identified && Subscription.Route(identified, destination.Subscription))];
        // Taken before the first delivery: a partition that is lost meanwhile stays lost for this batch, even if it comes back.
        var lost = wanted.Select(record => record.Position.partition).Distinct().ToDictionary(partition => partition, partition => _lost.GetOrAdd(partition, _ => new CancellationTokenSource()).Token);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = destination.Concurrency, CancellationToken = stopping };
        await Parallel.ForEachAsync(wanted.GroupBy(record => ((IdentifiedEvent)record.Value).profileId), parallel, async (profile, token) => await DeliverInOrderAsync(profile, lost, token));
        return new Outcomes(wanted.Select(Position).ToDictionary(position => position, _ended.GetValueOrDefault));
    }

    public override void Decide(Outcomes view, Incoming record, DateTime now, Outbox outbox)
    {
        if (!view.ByPosition.TryGetValue(Position(record), out var outcome)) return;
        if (outcome is null) throw new InvalidOperationException($"{record.Position.topic}-{record.Position.partition}@{record.Position.offset} was not delivered, because its partition was lost");
        var identified = (IdentifiedEvent)record.Value;
        if (outcome.Reason is null) outbox.Add(Topics.Deliveries, identified.profileId, Delivered(identified, outcome, record.Position));
        else outbox.Add(Topics.DeliveriesDead, identified.profileId, Dead(identified, outcome, record.Position));
    }

    public override Task CommittedAsync(Outcomes view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var outcome in committed.GroupBy(record => record.Topic == Topics.Deliveries ? "delivered" : "dead"))
        {
            Deliveries.Add(outcome.Count(), new KeyValuePair<string, object?>("destination", destination.Id), new KeyValuePair<string, object?>("outcome", outcome.Key));
        }
        return Task.CompletedTask;
    }

    /// <summary>Another member delivers these now; going on here would send twice and out of order.</summary>
    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_lost.TryRemove(partition.Partition.Value, out var lost)) lost.Cancel();
        }
    }

    private async Task DeliverInOrderAsync(IEnumerable<Incoming> profile, Dictionary<int, CancellationToken> losing, CancellationToken stopping)
    {
        foreach (var record in profile)
        {
            if (_ended.ContainsKey(Position(record))) continue;
            var lost = losing[record.Position.partition];
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lost);
            try
            {
                _ended[Position(record)] = await courier.DeliverAsync((IdentifiedEvent)record.Value, record.TraceParent, either.Token);
            }
            catch (OperationCanceledException) when (lost.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // Reading goes on from what is committed, so what stands before the batch has been. This also bounds the memory to what one batch holds of each partition.
    private void ForgetCommitted(IReadOnlyList<Incoming> batch)
    {
        var first = batch.GroupBy(record => record.Position.partition).ToDictionary(partition => partition.Key, partition => partition.Min(record => record.Position.offset));
        foreach (var position in _ended.Keys)
        {
            if (first.TryGetValue(position.Partition, out var offset) && position.Offset < offset) _ended.TryRemove(position, out _);
        }
    }

    private static (int Partition, long Offset) Position(Incoming record) => (record.Position.partition, record.Position.offset);

    private Delivery Delivered(IdentifiedEvent identified, Outcome outcome, RecordPosition origin) => new()
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

    private DeadDelivery Dead(IdentifiedEvent identified, Outcome outcome, RecordPosition origin) => new()
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
