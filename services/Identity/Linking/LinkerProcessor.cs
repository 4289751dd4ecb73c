using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Identifiers;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Identity.Linking;

/// <summary>A batch's view: the graph, and how far its decisions bring the linker.</summary>
internal sealed class LinkerView(Graph graph, IdentifierTypes types)
{
    public IdentifierTypes Types { get; } = types;

    public Graph Graph { get; } = graph;

    /// <summary>The next request, once the batch is applied.</summary>
    public long Position { get; set; }
}

/// <summary>The linker's part of the loop. Redis follows the decision log: at every step it is first made sure that it does.</summary>
internal sealed class LinkerProcessor(DecisionLog log, IdentityStore store, ProfileIds profileIds, LiveFiles<IdentifierTypes> types) : Processor<LinkerView>
{
    private Applied _applied;
    private bool _isActive;
    // The last that this linker published; 0 before it has.
    private long _position;

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        await CatchUpAsync(stopping);
        _isActive = true;
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => _isActive = false;

    /// <summary>A Redis that lost its state is rebuilt though nobody asks for a link, so that resolvers need no detour and whoever looks somebody up finds them.</summary>
    public override async Task WatchAsync(CancellationToken stopping)
    {
        if (!_isActive) return;
        await FollowAsync(stopping);
        if (await store.LinkerPositionAsync() < _position) await store.PublishLinkerPositionAsync(_position);
    }

    public override async Task<LinkerView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var requests = batch.Select(record => (LinkRequest)record.Value).ToList();
        while (true)
        {
            await FollowAsync(stopping);
            var graph = await ReadAsync(requests);
            // Where Redis was emptied between two reads, known customers would look unknown, and a wrong decision stands for ever.
            if (await store.AppliedAsync() == _applied) return new LinkerView(graph, types.Current);
        }
    }

    public override void Decide(LinkerView view, Incoming record, DateTime now, Outbox outbox)
    {
        var outcome = Linker.Decide(view.Types, view.Graph, (LinkRequest)record.Value, record.Position, now);
        if (outcome.Decision is { } decision) outbox.Add(Topics.IdentityDecisions, null, decision, partition: 0);
        foreach (var merged in outcome.Merged) outbox.Add(Topics.EventsIdentified, merged.loserId, merged);
        outbox.Add(Topics.EventsIdentified, outcome.Identified.profileId, outcome.Identified);
        view.Position = record.Position.offset + 1;
    }

    public override async Task CommittedAsync(LinkerView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        await FollowAsync(stopping);
        // After an outage in this very call, following the log may have applied them already.
        var news = committed.Where(sent => sent.Value is IdentityDecision decision && decision.sequence > _applied.Sequence).ToList();
        if (news.Count > 0)
        {
            IdentityDecision[] decisions = [.. news.Select(sent => (IdentityDecision)sent.Value)];
            await ApplyAsync(decisions, new Applied(decisions[^1].sequence, news[^1].Offset + 1));
        }
        await store.PublishLinkerPositionAsync(_position = view.Position);
    }

    public override async Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping)
    {
        // Markers take offsets too: without this an idle linker would stay before the end that a resolver waits for.
        await FollowAsync(stopping);
        await store.PublishLinkerPositionAsync(_position = offset);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    // Redis that was emptied, or went back to a snapshot, is rebuilt before anything is decided on it or said about it.
    private async Task FollowAsync(CancellationToken stopping)
    {
        if (await store.AppliedAsync() != _applied) await CatchUpAsync(stopping);
    }

    private async Task<Graph> ReadAsync(List<LinkRequest> requests)
    {
        var roots = await store.RootsAsync(requests.SelectMany(request => request.identifiers));
        // A request that finds one root only follows an earlier event; nodes are needed where roots compete.
        var competing = requests.Where(request => request.identifiers.Select(Stored).Distinct().Skip(1).Any()).SelectMany(request => request.identifiers).Select(Stored).OfType<string>();
        return new Graph(profileIds, _applied.Sequence, roots, await store.NodesAsync(competing));

        string? Stored(Identifier identifier) => roots.GetValueOrDefault(identifier);
    }

    private async Task CatchUpAsync(CancellationToken stopping)
    {
        _applied = await store.BeginAsync();
        await log.ReadAsync(_applied, ApplyAsync, stopping);
    }

    private async Task ApplyAsync(IReadOnlyList<IdentityDecision> decisions, Applied to)
    {
        if (!await store.ApplyAsync(HotWrites.Of(decisions), _applied, to)) throw new IOException("Redis lost its state while it was written to");
        _applied = to;
    }
}
