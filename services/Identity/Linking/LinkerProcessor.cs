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

    /// <summary>What to remember once it is.</summary>
    public List<(string Key, Refusal Refusal)> Refused { get; } = [];

    /// <summary>The batch's unlink requests that change nothing, by their ids.</summary>
    public Dictionary<string, UnlinkRefusal> NotUnlinked { get; } = [];
}

/// <summary>The linker's part of the loop. Redis follows the decision log: at every step it is first made sure that it does.</summary>
internal sealed class LinkerProcessor(DecisionLog log, IdentityStore store, UnlinkOutcomes outcomes, ProfileIds profileIds, LiveFiles<IdentifierTypes> types) : Processor<LinkerView>
{
    // Redis does nothing else while it takes one.
    private const int DecisionsAWrite = 500;

    private Applied _applied;
    private bool _isActive;
    // The last that this linker published; 0 before it has.
    private long _position;

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        // Before what lasts: if the partition is lost meanwhile, that has the last word.
        _isActive = true;
        await CatchUpAsync(stopping);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => _isActive = false;

    /// <summary>A Redis that lost its state is rebuilt though nobody asks for a link, so that resolvers need no detour and whoever looks somebody up finds them.</summary>
    public override async Task WatchAsync(CancellationToken stopping)
    {
        if (!_isActive) return;
        await FollowAsync(stopping);
        if (await store.LinkerPositionAsync() < _position) await PublishAsync(_position);
    }

    public override async Task<LinkerView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var current = types.Current;
        while (true)
        {
            await FollowAsync(stopping);
            var graph = await ReadAsync(current, batch);
            // Where Redis was emptied between two reads, known customers would look unknown, and a wrong decision stands for ever.
            if (await store.AppliedAsync() == _applied) return new LinkerView(graph, current);
        }
    }

    public override void Decide(LinkerView view, Incoming record, DateTime now, Outbox outbox)
    {
        switch (record.Value)
        {
            case LinkRequest request: Write(view, Linker.Decide(view.Types, view.Graph, request, record.Position, now), outbox); break;
            case UnlinkRequest request: Write(view, request.requestId, Unlink.Decide(view.Graph, request, record.Position, now), outbox); break;
        }
        view.Position = record.Position.offset + 1;
    }

    public override async Task CommittedAsync(LinkerView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        await FollowAsync(stopping);
        // After an outage in this very call, following the log may have applied them already.
        LoggedDecision[] news = [.. committed.Where(sent => sent.Value is IdentityDecision decision && decision.sequence > _applied.Sequence).Select(sent => new LoggedDecision(sent.Offset, (IdentityDecision)sent.Value))];
        await ApplyAsync(news);
        await store.RememberAsync(view.Refused);
        // Before the position, by which whoever asked knows that nothing more will be said.
        foreach (var (requestId, refusal) in view.NotUnlinked) await outcomes.WriteAsync(requestId, UnlinkOutcome.Of(refusal));
        await PublishAsync(view.Position);
        IdentityMeters.Committed(committed);
    }

    public override async Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping)
    {
        // Markers take offsets too: without this an idle linker would stay before the end that a resolver waits for.
        await FollowAsync(stopping);
        await PublishAsync(offset);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    // Redis that was emptied, or went back to a snapshot, is rebuilt before anything is decided on it or said about it.
    private async Task FollowAsync(CancellationToken stopping)
    {
        if (await store.AppliedAsync() != _applied) await CatchUpAsync(stopping);
    }

    private static void Write(LinkerView view, Outcome outcome, Outbox outbox)
    {
        if (outcome.Decision is { } decision) outbox.Add(Topics.IdentityDecisions, null, decision, partition: 0);
        foreach (var merged in outcome.Merged) outbox.Add(Topics.EventsIdentified, merged.loserId, merged);
        outbox.Add(Topics.EventsIdentified, outcome.Identified.profileId, outcome.Identified);
        if (outcome.Refused is { } refused) view.Refused.Add(refused);
    }

    private static void Write(LinkerView view, string requestId, UnlinkResult result, Outbox outbox)
    {
        if (result.Refusal is { } refusal) view.NotUnlinked[requestId] = refusal;
        if (result.Decision is { } decision) outbox.Add(Topics.IdentityDecisions, null, decision, partition: 0);
        if (result.Split is { } left) outbox.Add(Topics.EventsIdentified, left.profileId, left);
    }

    private async Task<Graph> ReadAsync(IdentifierTypes current, IReadOnlyList<Incoming> batch)
    {
        var requests = batch.Select(record => record.Value).OfType<LinkRequest>().ToList();
        var leaving = batch.Select(record => record.Value).OfType<UnlinkRequest>().SelectMany(request => request.identifiers).ToList();
        var roots = await store.RootsAsync(requests.SelectMany(request => request.identifiers).Concat(leaving));
        // A request that finds one root only follows an earlier event; where roots compete, nodes are needed, and what was answered before.
        var competing = requests.Where(request => request.identifiers.Count > 1 && (Stored(request.identifiers[0]) is not { } root || request.identifiers.Any(identifier => Stored(identifier) != root))).ToList();
        var nodes = store.NodesAsync(competing.SelectMany(request => request.identifiers).Concat(leaving).Select(Stored).OfType<string>());
        var (refusals, lastSplit) = await store.RefusalsAsync(competing.Select(request => Refusal.Key(current, Refusal.IsStated(request.validated.envelope), request.identifiers)));
        return new Graph(profileIds, _applied.Sequence, lastSplit, roots, await nodes, refusals);

        string? Stored(Identifier identifier) => roots.GetValueOrDefault(identifier);
    }

    private async Task CatchUpAsync(CancellationToken stopping)
    {
        _applied = await store.BeginAsync();
        await log.ReadAsync(_applied, ApplyAsync, stopping);
    }

    private async Task PublishAsync(long position)
    {
        if (!await store.PublishLinkerPositionAsync(position, _applied)) throw new IOException("Redis lost its state while it was written to");
        _position = position;
    }

    private async Task ApplyAsync(IReadOnlyList<LoggedDecision> decisions)
    {
        // First, since what is applied is not read from the log again: a linker that ended in between would leave a split unsaid. It counts once it is applied.
        foreach (var (_, decision) in decisions.Where(logged => logged.Decision.kind == DecisionKind.Split)) await outcomes.WriteAsync(decision.messageId, UnlinkOutcome.Of(decision));
        foreach (var part in decisions.Chunk(DecisionsAWrite))
        {
            var to = new Applied(part[^1].Decision.sequence, part[^1].Offset + 1);
            if (!await store.ApplyAsync(HotWrites.Of(part), _applied, to)) throw new IOException("Redis lost its state while it was written to");
            _applied = to;
        }
    }
}
