using System.Diagnostics.Metrics;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Streaming;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Plans;
using Confluent.Kafka;

namespace Cdp.Validation;

/// <summary>Which records of a batch came too late: another record holds the claim on their messageId.</summary>
public sealed record LateRecords(IReadOnlySet<(int Partition, long Offset)> Positions);

/// <summary>Claims messageIds, drops duplicates, and sends each other event on, or to quarantine, as its plan says.</summary>
public sealed class ValidationProcessor(TrackingPlans plans, Claims claims, LostClaims lost, AvroCodec codec) : Processor<LateRecords>
{
    private static readonly Meter Meter = new($"Cdp.{ValidationService.Name}");
    private static readonly Counter<long> Events = Meter.CreateCounter<long>("cdp.validation.events", "{event}", "Events decided on, by outcome: accepted, quarantined, duplicate.");

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        // Quarantine holds the event in its topic's framing. With the schema known, encoding it needs no registry.
        codec.Register([Topics.EventsCollected]);
        // Nothing is to be caught up here, but without Redis nothing could be claimed either: better known before the first record than with it.
        await claims.ReachAsync().WaitAsync(stopping);
    }

    /// <summary>Claims before the commit; a claim names the record's own offset, so that reading the batch again finds it.</summary>
    public override async Task<LateRecords> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        Claimant[] claimants = [.. batch.Select(record => new Claimant(record.Position.partition, record.Position.offset, ((CollectedEvent)record.Value).envelope))];
        while (true)
        {
            var failures = claims.Failures;
            await lost.RestoreAsync(claimants, stopping);
            var late = await claims.ClaimAsync(claimants).WaitAsync(stopping);
            // Redis may have restarted from an older file between two commands, without those that it had answered.
            if (failures != claims.Failures) continue;
            await Task.WhenAll(claimants.GroupBy(claimant => claimant.Partition).Select(partition => claims.MoveAsync(partition.Key, partition.Max(claimant => claimant.Offset)))).WaitAsync(stopping);
            return new LateRecords(late);
        }
    }

    public override void Decide(LateRecords view, Incoming record, DateTime now, Outbox outbox)
    {
        if (view.Positions.Contains((record.Position.partition, record.Position.offset))) return;
        var collected = (CollectedEvent)record.Value;
        var plan = plans.For(collected.envelope.sourceId);
        var verdict = Validator.Validate(collected.envelope, plan);
        var (topic, value) = verdict.Accepted ? (Topics.EventsValidated, (Avro.Specific.ISpecificRecord)Accepted(verdict, plan)) : (Topics.EventsQuarantined, Quarantined(collected, verdict, plan!, record.Position));
        outbox.Add(topic, record.Key, value, record.Position.partition);
    }

    public override Task CommittedAsync(LateRecords view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        var accepted = committed.Count(record => record.Topic == Topics.EventsValidated);
        var quarantined = committed.Count(record => record.Topic == Topics.EventsQuarantined);
        Events.Add(accepted, new KeyValuePair<string, object?>("outcome", "accepted"));
        Events.Add(quarantined, new KeyValuePair<string, object?>("outcome", "quarantined"));
        Events.Add(view.Positions.Count, new KeyValuePair<string, object?>("outcome", "duplicate"));
        return Task.CompletedTask;
    }

    public override bool IsOutage(Exception exception) => base.IsOutage(exception) || Redis.IsOutage(exception);

    private static ValidatedEvent Accepted(Verdict verdict, TrackingPlan? plan) => new()
    {
        envelope = verdict.Envelope,
        planId = plan?.Id,
        planVersion = plan?.Version,
        violations = verdict.Violations,
    };

    private QuarantinedEvent Quarantined(CollectedEvent collected, Verdict verdict, TrackingPlan plan, RecordPosition origin) => new()
    {
        original = codec.Encode(Topics.EventsCollected, collected),
        encoding = "avro",
        violations = verdict.Violations,
        sourceId = collected.envelope.sourceId,
        messageId = collected.envelope.messageId,
        type = collected.envelope.type,
        @event = collected.envelope.@event,
        planId = plan.Id,
        planVersion = plan.Version,
        origin = origin,
        receivedAt = collected.envelope.receivedAt,
    };
}
