using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Identifiers;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Identity.Resolving;

/// <summary>A batch's view, and the names of each record, which reading and deciding both need.</summary>
internal sealed record ResolverBatch(ResolverView View, IReadOnlyDictionary<Incoming, EventNames> Names);

/// <summary>The resolver's part of the loop.</summary>
internal sealed class ResolverProcessor(KafkaOptions kafka, IdentityStore store, Resolver resolver, LiveFiles<IdentifierTypes> types) : Processor<ResolverBatch>
{
    // About 50 MB. Reached only while the linker is away or far behind.
    private const int RememberedIdentifiers = 200_000;

    private readonly Detours _detours = new(RememberedIdentifiers);

    public override async Task<ResolverBatch> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var current = types.Current;
        var names = new Dictionary<Incoming, EventNames>(ReferenceEqualityComparer.Instance);
        foreach (var record in batch) names[record] = current.Of(((ValidatedEvent)record.Value).envelope);
        // The position first: the roots are then at least as new as it says.
        var position = await store.LinkerPositionAsync();
        var roots = await store.RootsAsync(names.Values.SelectMany(own => own.Identifiers));
        _detours.Passed(position);
        return new ResolverBatch(new ResolverView(position, roots, _detours), names);
    }

    public override void Decide(ResolverBatch view, Incoming record, DateTime now, Outbox outbox)
    {
        switch (resolver.Resolve(view.View, (ValidatedEvent)record.Value, view.Names[record], record.Position))
        {
            case IdentifiedEvent identified:
                outbox.Add(Topics.EventsIdentified, identified.profileId, identified);
                break;
            case var request:
                outbox.Add(Topics.IdentityRequests, null, request, partition: 0);
                break;
        }
    }

    public override Task CommittedAsync(ResolverBatch view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        foreach (var sent in committed)
        {
            if (sent.Value is LinkRequest request) _detours.Sent(request.identifiers, sent.Offset);
        }
        return Task.CompletedTask;
    }

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        var end = await Changelog.EndAsync(kafka, Topics.IdentityRequests, 0);
        foreach (var partition in partitions) _detours.Assigned(partition.Partition.Value, end);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions) _detours.Revoked(partition.Partition.Value);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);
}
