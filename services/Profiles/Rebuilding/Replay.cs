using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming;

namespace Cdp.Profiles.Rebuilding;

/// <summary>Folds the log into the draft: who became part of whom by the decisions, then events.identified as far as it is retained. Reads without a group.</summary>
public sealed class Replay(KafkaOptions kafka, AvroCodec codec, ProfileIds ids, Draft draft)
{
    private readonly Routing _routing = new();

    public long Decisions { get; private set; }

    public long Events { get; private set; }

    public long Unfoldable { get; private set; }

    /// <summary>Profiles that were split after the decisions were read.</summary>
    public HashSet<string> Split { get; } = [];

    /// <summary>
    /// Before the events, and once: whatever is decided later stands among them. A decision is written in one transaction with the records that it leads to, so
    /// that no event before an end that is asked for now is older than its decision.
    /// </summary>
    public async Task DecideAsync(CancellationToken stopping)
    {
        var last = 0L;
        await Changelog.ReadAsync(kafka, codec, Topics.IdentityDecisions, 0, 0, async changes =>
        {
            var winners = new Dictionary<string, string>();
            foreach (var decision in changes.Select(change => (IdentityDecision)change.Value!))
            {
                (last, Decisions) = (decision.sequence, Decisions + 1);
                foreach (var loser in decision.merged) winners.TryAdd(loser, decision.profileId);
                if (decision is { kind: "split", into: { } into }) Route(decision, into);
            }
            await draft.WriteAliasesAsync(winners);
        }, stopping);
        if (draft.Progress.Decided < 0) await draft.MoveAsync(draft.Progress with { Decided = last });
    }

    private void Route(IdentityDecision split, string into)
    {
        _routing.Add(split.profileId, new SplitRoute { sequence = split.sequence, into = into, identifiers = split.identifiers });
        // What an earlier run of this rebuild folded before the split is undivided.
        if (draft.Progress.Decided >= 0 && split.sequence > draft.Progress.Decided) Split.UnionWith([split.profileId, into]);
    }

    /// <summary>Folds what is new in a partition up to where it ends now.</summary>
    public async Task FoldAsync(int partition, CancellationToken stopping)
    {
        var topic = kafka.TopicPrefix + Topics.EventsIdentified.Name;
        var reached = await Changelog.ReadAsync(kafka, codec, Topics.EventsIdentified, partition, draft.Progress.Events[partition], async changes =>
        {
            if (changes.Count == 0) return;
            var view = new DraftView(_routing, ids);
            var records = changes.Where(change => change.Value is not null).Select(change => (change.Value!, new RecordPosition { topic = topic, partition = partition, offset = change.Offset })).ToList();
            await LoadAsync(view, records.Select(record => record.Item1));
            foreach (var (record, position) in records) view.Apply(record, position);
            await draft.WriteAsync(view.Changed);
            (Events, Unfoldable) = (Events + records.Count(record => record.Item1 is IdentifiedEvent), Unfoldable + view.Unfoldable);
            Split.UnionWith(view.Split);
            await MoveAsync(partition, changes[^1].Offset + 1);
        }, stopping);
        await MoveAsync(partition, reached);
    }

    // Whatever the records may lead to, chain by chain.
    private async Task LoadAsync(DraftView view, IEnumerable<ISpecificRecord> records)
    {
        string[] wanted = [.. records.SelectMany(view.Named).Distinct()];
        while (wanted.Length > 0)
        {
            foreach (var (profileId, bytes) in await draft.ReadAsync(wanted)) view.Add(profileId, draft.Decode(bytes));
            wanted = [.. wanted.SelectMany(view.Behind).Distinct().Where(profileId => !view.Has(profileId))];
        }
    }

    private Task MoveAsync(int partition, long next)
    {
        long[] events = [.. draft.Progress.Events];
        events[partition] = next;
        return draft.MoveAsync(draft.Progress with { Events = events });
    }
}
