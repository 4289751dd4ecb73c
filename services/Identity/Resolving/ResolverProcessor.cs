using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Metrics;
using Cdp.Identity.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Identity.Resolving;

/// <summary>A batch's view, and the identifiers of each readable record, which are needed for reading and for deciding.</summary>
internal sealed record ResolverBatch(IdentifierTypes Types, ResolverView View, IReadOnlyDictionary<Incoming, EventIdentifiers> Identifiers);

/// <summary>The resolver's steps in the consuming loop.</summary>
internal sealed class ResolverProcessor(
    KafkaOptions kafka, IdentityStore store, Resolver resolver, LiveFiles<IdentifierTypes> types) : Processor<ResolverBatch>
{
    // Takes about 50 MB. This number is reached only while the linker is down or far behind.
    private const int MaxPendingIdentifiers = 200_000;

    private readonly PendingRequests _pending = new(MaxPendingIdentifiers);

    public override async Task<ResolverBatch> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var current = types.Current;
        var extracted = new Dictionary<Incoming, EventIdentifiers>(ReferenceEqualityComparer.Instance);
        foreach (var record in batch)
        {
            if (TryExtract(current, record) is { } identifiers) extracted[record] = identifiers;
        }
        var (position, sequence, roots) = await store.RootsAsync(extracted.Values.SelectMany(one => one.Identifiers));
        // Refusals are read after the roots. A refusal that is newer than the roots does not match their groups, so the event goes to the linker.
        var keys = extracted.Select(one => resolver.RefusalKey(current, roots, (ValidatedEvent)one.Key.Value, one.Value)).OfType<string>();
        var (refusals, lastSplit) = await store.RefusalsAsync(keys, sequence);
        _pending.Advance(position);
        return new ResolverBatch(current, new ResolverView(position, roots, refusals, lastSplit, _pending), extracted);
    }

    public override void Decide(ResolverBatch batch, Incoming record, DateTime now, Outbox outbox)
    {
        var validated = (ValidatedEvent)record.Value;
        // Throws the same error again for a record that could not be read; the loop then dead-letters the record.
        var extracted = batch.Identifiers.GetValueOrDefault(record) ?? EventIdentifiers.Of(validated.envelope, batch.Types);
        switch (resolver.Resolve(batch.Types, batch.View, validated, extracted, record.Position))
        {
            case IdentifiedEvent identified:
                outbox.Add(Topics.EventsIdentified, identified.profileId, identified);
                break;
            case var request:
                outbox.Add(Topics.IdentityRequests, null, request, partition: 0);
                break;
        }
    }

    public override Task CommittedAsync(ResolverBatch batch, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var sent in committed)
        {
            if (sent.Value is LinkRequest request) _pending.Add(request.identifiers, sent.Offset);
        }
        IdentityMetrics.Committed(batch.Types, committed);
        return Task.CompletedTask;
    }

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        var end = await Changelog.EndAsync(kafka, Topics.IdentityRequests, 0);
        foreach (var partition in partitions) _pending.Assign(partition.Partition.Value, end);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions) _pending.Revoke(partition.Partition.Value);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    // An exception here would fail the whole batch, as if Redis were unreadable. So an unreadable event is left to Decide, where only its record fails.
    private static EventIdentifiers? TryExtract(IdentifierTypes types, Incoming record)
    {
        try
        {
            return EventIdentifiers.Of(((ValidatedEvent)record.Value).envelope, types);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
