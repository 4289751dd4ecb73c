using System.Diagnostics.Metrics;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Plans;
using Confluent.Kafka;

namespace Cdp.Validation;

/// <summary>The duplicates of a batch, by position.</summary>
public sealed record BatchDuplicates(IReadOnlySet<(int Partition, long Offset)> Positions);

/// <summary>Drops duplicates and validates every other event: it passes or is quarantined, depending on its plan.</summary>
public sealed class ValidationProcessor(TrackingPlans plans, DuplicateFilter duplicates, AvroCodec codec) : Processor<BatchDuplicates>
{
    private static readonly Meter Meter = new($"Cdp.{ValidationService.Name}");

    private static readonly Counter<long> Events =
        Meter.CreateCounter<long>("cdp.validation.events", "{event}", "Events by outcome: accepted, quarantined, duplicate.");

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        // A quarantined event is stored in the framing of its topic, which needs the schema's id. The call blocks.
        await Task.Run(() => codec.Register([Topics.EventsCollected]), stopping);
        // There is nothing to catch up with, but it fails early if Redis is unavailable.
        await duplicates.AssignedAsync().WaitAsync(stopping);
    }

    /// <summary>Claims before the commit. A claim contains the record's own offset, so the record finds its own claim if the batch is read again.</summary>
    public override async Task<BatchDuplicates> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping) =>
        new(await duplicates.FindDuplicatesAsync([.. batch.Select(ClaimantOf)], stopping));

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => duplicates.Revoked(partitions.Select(partition => partition.Partition.Value));

    public override void Decide(BatchDuplicates view, Incoming record, DateTime now, Outbox outbox)
    {
        if (view.Positions.Contains((record.Position.partition, record.Position.offset))) return;
        var collected = (CollectedEvent)record.Value;
        var plan = plans.For(collected.envelope.sourceId);
        var verdict = Validator.Validate(collected.envelope, plan);
        if (verdict.Accepted) outbox.Add(Topics.EventsValidated, record.Key, Accepted(verdict, plan), record.Position.partition);
        else outbox.Add(Topics.EventsQuarantined, record.Key, Quarantined(collected, verdict, plan!, record.Position), record.Position.partition);
    }

    public override Task CommittedAsync(BatchDuplicates view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        var accepted = committed.Count(record => record.Topic == Topics.EventsValidated);
        var quarantined = committed.Count(record => record.Topic == Topics.EventsQuarantined);
        Events.Add(accepted, new KeyValuePair<string, object?>("outcome", "accepted"));
        Events.Add(quarantined, new KeyValuePair<string, object?>("outcome", "quarantined"));
        Events.Add(view.Positions.Count, new KeyValuePair<string, object?>("outcome", "duplicate"));
        return Task.CompletedTask;
    }

    public override bool IsOutage(Exception exception) => base.IsOutage(exception) || Redis.IsOutage(exception);

    private static Claimant ClaimantOf(Incoming record) =>
        new(record.Position.partition, record.Position.offset, ((CollectedEvent)record.Value).envelope);

    private static ValidatedEvent Accepted(Verdict verdict, TrackingPlan? plan) => new()
    {
        envelope = verdict.Envelope,
        planId = plan?.Id,
        planVersion = plan?.Version,
        violations = verdict.Violations,
        violationCount = verdict.ViolationCount,
    };

    private QuarantinedEvent Quarantined(CollectedEvent collected, Verdict verdict, TrackingPlan plan, RecordPosition origin) => new()
    {
        original = codec.Encode(Topics.EventsCollected, collected),
        encoding = "avro",
        violations = verdict.Violations,
        violationCount = verdict.ViolationCount,
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
