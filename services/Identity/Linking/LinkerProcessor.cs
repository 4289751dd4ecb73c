using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Metrics;
using Cdp.Identity.Storing;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Identity.Linking;

/// <summary>The inputs of the decisions about one batch, and the state to save once the batch is committed.</summary>
internal sealed class LinkerView(IdentityGraph graph, IdentifierTypes types)
{
    public IdentifierTypes Types { get; } = types;

    public IdentityGraph Graph { get; } = graph;

    /// <summary>The offset of identity.requests after the batch.</summary>
    public long Position { get; set; }

    /// <summary>New refusals, with their keys.</summary>
    public List<(string Key, LinkRefusal Refusal)> NewRefusals { get; } = [];

    /// <summary>New refusal counts, the latest of each profile and kind.</summary>
    public Dictionary<(string Root, string Kind), RefusalCount> NewCounts { get; } = [];

    /// <summary>The batch's unlink requests that are refused, by request id.</summary>
    public Dictionary<string, UnlinkRefusal> UnlinkRefusals { get; } = [];
}

/// <summary>The linker's steps in the consuming loop. Redis follows the decision log; before each step the linker makes sure that it has caught up.</summary>
internal sealed class LinkerProcessor(
    DecisionLog log, IdentityStore store, UnlinkOutcomes outcomes, ProfileIds profileIds, LiveFiles<IdentifierTypes> types) : Processor<LinkerView>
{
    private const string StateLost = "Redis lost its state while it was being written";

    // A single script: Redis executes no other command while it runs.
    private const int MaxDecisionsPerWrite = 500;

    private Applied _applied;
    private bool _isActive;
    // The last position that this linker published; 0 before the first.
    private long _position;

    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        // Set before catching up, which takes a while, so that a revocation in the meantime overrides it.
        _isActive = true;
        await CatchUpAsync(stopping);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => _isActive = false;

    /// <summary>
    /// Rebuilds a Redis that lost its state even if there are no requests. Otherwise resolvers would send every event through the linker, and lookups would
    /// find nothing.
    /// </summary>
    public override async Task WatchAsync(CancellationToken stopping)
    {
        if (!_isActive) return;
        await EnsureCaughtUpAsync(stopping);
        if (await store.LinkerPositionAsync() < _position) await PublishAsync(_position);
    }

    public override async Task<LinkerView> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var current = types.Current;
        while (true)
        {
            await EnsureCaughtUpAsync(stopping);
            var graph = await ReadGraphAsync(current, batch);
            // If Redis was emptied between two reads, known identifiers would look unknown, and a wrong decision is permanent.
            if (await store.AppliedAsync() == _applied) return new LinkerView(graph, current);
        }
    }

    public override void Decide(LinkerView view, Incoming record, DateTime now, Outbox outbox)
    {
        switch (record.Value)
        {
            case LinkRequest request:
                Write(view, Linker.Decide(view.Types, view.Graph, request, record.Position, now), outbox);
                break;
            case UnlinkRequest request:
                Write(view, request.requestId, Unlinker.Decide(view.Types, view.Graph, request, record.Position, now), outbox);
                break;
        }
        view.Position = record.Position.offset + 1;
    }

    public override async Task CommittedAsync(LinkerView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        await EnsureCaughtUpAsync(stopping);
        // If this call is repeated after an outage, catching up may already have applied some of the decisions.
        LoggedDecision[] decisions =
        [
            .. committed.Where(sent => sent.Value is IdentityDecision decision && decision.sequence > _applied.Sequence)
                .Select(sent => new LoggedDecision(sent.Offset, (IdentityDecision)sent.Value)),
        ];
        await ApplyAsync(decisions);
        await store.SaveRefusalsAsync(view.NewRefusals);
        // A count that was recorded as a decision is saved with the decision.
        await store.SaveRefusalCountsAsync([.. view.NewCounts.Values.Where(count => !count.IsDecision)]);
        // Saved before the position is published: if a request before the position has no outcome, the API assumes that its outcome was lost.
        foreach (var (requestId, refusal) in view.UnlinkRefusals) await outcomes.SaveAsync(requestId, UnlinkOutcome.Of(refusal));
        await PublishAsync(view.Position);
        IdentityMetrics.Committed(view.Types, committed);
    }

    public override async Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping)
    {
        // Transaction markers take offsets too. Without this the position of an idle linker would stay before the end of the topic, and resolvers wait until it
        // has reached that end.
        await EnsureCaughtUpAsync(stopping);
        await PublishAsync(offset);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    // A Redis that was emptied, or restored from a snapshot, is rebuilt before it is used for a decision or the position is published.
    private async Task EnsureCaughtUpAsync(CancellationToken stopping)
    {
        if (await store.AppliedAsync() != _applied) await CatchUpAsync(stopping);
    }

    private static void Write(LinkerView view, LinkResult result, Outbox outbox)
    {
        if (result.Decision is { } decision) outbox.Add(Topics.IdentityDecisions, null, decision, partition: 0);
        foreach (var merged in result.Merged) outbox.Add(Topics.EventsIdentified, merged.loserId, merged);
        outbox.Add(Topics.EventsIdentified, result.Identified.profileId, result.Identified);
        if (result.NewRefusal is { } refusal) view.NewRefusals.Add(refusal);
        if (result.NewCount is { } count) view.NewCounts[(count.Root, count.Kind)] = count;
    }

    private static void Write(LinkerView view, string requestId, UnlinkResult result, Outbox outbox)
    {
        if (result.Refusal is { } refusal) view.UnlinkRefusals[requestId] = refusal;
        if (result.Decision is { } decision) outbox.Add(Topics.IdentityDecisions, null, decision, partition: 0);
        if (result.Split is { } split) outbox.Add(Topics.EventsIdentified, split.profileId, split);
    }

    private async Task<IdentityGraph> ReadGraphAsync(IdentifierTypes current, IReadOnlyList<Incoming> batch)
    {
        var requests = batch.Select(record => record.Value).OfType<LinkRequest>().ToList();
        var leaving = batch.Select(record => record.Value).OfType<UnlinkRequest>().SelectMany(request => request.identifiers).ToList();
        var (_, sequence, roots) = await store.RootsForDecisionsAsync([.. requests.SelectMany(request => request.identifiers).Concat(leaving)]);
        // A request whose identifiers have one root only has to stay behind an earlier event. Others need the nodes of their roots and earlier answers.
        var linking = requests.Where(request => !HaveOneRoot(request.identifiers)).ToList();
        var linkable = linking.SelectMany(request => Linker.Linkable(current, request));
        var nodes = store.NodesAsync(linkable.Concat(leaving).Select(StoredRoot).OfType<string>());
        var (refusals, lastSplit) = await store.RefusalsAsync(
            linking.Select(request => LinkRefusal.KeyOf(current, request.validated.envelope, request.identifiers)), sequence);
        // A refusal is counted for the profile of the first identifier. If the profile of that identifier changes within the batch, the count starts from one
        // again, which adds a decision.
        var first = linking.Select(request => request.identifiers[0]);
        var counts = await store.RefusalCountsAsync(first.Select(identifier => StoredRoot(identifier) ?? profileIds.Implied(identifier)));
        return new IdentityGraph(profileIds, _applied.Sequence, lastSplit, roots, await nodes, refusals, counts);

        string? StoredRoot(Identifier identifier) => roots.GetValueOrDefault(identifier);

        bool HaveOneRoot(IList<Identifier> identifiers) =>
            identifiers.Count == 1 || (StoredRoot(identifiers[0]) is { } root && identifiers.All(identifier => StoredRoot(identifier) == root));
    }

    private async Task CatchUpAsync(CancellationToken stopping)
    {
        _applied = await store.InitialiseAsync();
        await log.ReadAsync(_applied, ApplyAsync, stopping);
    }

    private async Task PublishAsync(long position)
    {
        if (!await store.PublishLinkerPositionAsync(position, _applied)) throw new IOException(StateLost);
        _position = position;
    }

    private async Task ApplyAsync(IReadOnlyList<LoggedDecision> decisions)
    {
        // Saved before the split is applied: an applied decision is not read from the log again, so if the linker ended in between, the outcome would be lost
        // permanently. The API reports it only once the decision is applied.
        foreach (var (_, decision) in decisions.Where(logged => logged.Decision.kind == DecisionKind.Split))
        {
            await outcomes.SaveAsync(decision.messageId, UnlinkOutcome.Of(decision));
        }
        foreach (var part in decisions.Chunk(MaxDecisionsPerWrite))
        {
            var to = new Applied(part[^1].Decision.sequence, part[^1].Offset + 1);
            if (!await store.ApplyAsync(GraphWrites.Of(part), _applied, to)) throw new IOException(StateLost);
            _applied = to;
        }
    }
}
