using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.Rebuilding;

/// <summary>Folds the log into the draft: first the merges and splits of identity.decisions, then the retained part of events.identified.</summary>
public sealed class Replay(KafkaOptions kafka, AvroCodec codec, Folding folding, Draft draft)
{
    private readonly Routing _routing = new();

    public long Decisions { get; private set; }

    public long Events { get; private set; }

    /// <summary>Records that cannot be decoded, by position, with the reason. They are on the topic dead, and were never folded.</summary>
    public IDictionary<string, string> Skipped { get; } = new Dictionary<string, string>();

    /// <summary>Profiles that were split after the decisions were read.</summary>
    public HashSet<string> Split { get; } = [];

    /// <summary>
    /// Reads all decisions. Must be called once, before the events: later decisions are read from events.identified. A decision and the records that follow
    /// from it are written in one transaction, so no event before the current end of the log precedes its decision.
    /// </summary>
    public async Task ReadDecisionsAsync(CancellationToken stopping)
    {
        var (last, routes) = (0L, new List<SplitRoute>());
        await Changelog.ReadAsync(kafka, codec, Topics.IdentityDecisions, 0, 0, async changes =>
        {
            var winners = new Dictionary<string, string>();
            foreach (var decision in changes.Select(change => (IdentityDecision)change.Value!))
            {
                (last, Decisions) = (decision.sequence, Decisions + 1);
                foreach (var loser in decision.merged) winners.TryAdd(loser, decision.profileId);
                if (decision is { kind: "split", into: { } into }) routes.Add(AddRoute(decision, into));
            }
            await draft.WriteAliasesAsync(winners);
        }, stopping);
        await AddIdentifiersAsync(routes);
        if (draft.Progress.Decided < 0) await draft.AdvanceAsync(draft.Progress with { Decided = last });
    }

    /// <summary>Folds the new records of a partition, up to its current end.</summary>
    public async Task FoldEventsAsync(int partition, CancellationToken stopping)
    {
        var topic = kafka.TopicPrefix + Topics.EventsIdentified.Name;
        var reached = await Changelog.ReadAsync(kafka, codec, Topics.EventsIdentified, partition, draft.Progress.Events[partition], async changes =>
        {
            if (changes.Count == 0) return;
            var view = new DraftView(_routing, folding);
            var records = changes.Where(change => change.Value is not null)
                .Select(change => (Value: change.Value!, Position: new RecordPosition { topic = topic, partition = partition, offset = change.Offset }))
                .ToList();
            await LoadAsync(view, records.SelectMany(record => view.Mentioned(record.Value)));
            foreach (var (record, position) in records) view.Apply(record, position);
            await draft.WriteAsync(view.Changed);
            Events += records.Count(record => record.Value is IdentifiedEvent);
            Split.UnionWith(view.Split);
            await AdvanceAsync(partition, changes[^1].Offset + 1);
        }, stopping, (offset, e) => Skipped[string.Create(CultureInfo.InvariantCulture, $"{topic} partition {partition} offset {offset}")] = e.Message);
        await AdvanceAsync(partition, reached);
    }

    private SplitRoute AddRoute(IdentityDecision split, string into)
    {
        var route = new SplitRoute { sequence = split.sequence, into = into, identifiers = split.identifiers };
        _routing.Add(split.profileId, route);
        // States that an earlier run of this rebuild folded before the split are not divided.
        if (draft.Progress.Decided >= 0 && split.sequence > draft.Progress.Decided) Split.UnionWith([split.profileId, into]);
        return route;
    }

    // A new profile has the identifiers that the split took out, whether or not the log still has an event that names them.
    private async Task AddIdentifiersAsync(IReadOnlyList<SplitRoute> routes)
    {
        var view = new DraftView(_routing, folding);
        await LoadAsync(view, routes.Select(route => route.into));
        foreach (var route in routes) view.AddIdentifiers(route);
        await draft.WriteAsync(view.Changed);
    }

    // Loads the profiles and, level by level, all their successors.
    private async Task LoadAsync(DraftView view, IEnumerable<string> profileIds)
    {
        string[] wanted = [.. profileIds.Distinct()];
        while (wanted.Length > 0)
        {
            foreach (var (profileId, bytes) in await draft.ReadAsync(wanted)) view.Add(profileId, draft.Decode(bytes));
            wanted = [.. wanted.SelectMany(view.Successors).Distinct().Where(profileId => !view.Has(profileId))];
        }
    }

    private Task AdvanceAsync(int partition, long next)
    {
        long[] events = [.. draft.Progress.Events];
        events[partition] = next;
        return draft.AdvanceAsync(draft.Progress with { Events = events });
    }
}
