using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>What a profile has to be: everything that does not depend on the way that its events took.</summary>
/// <param name="isAccount">An account, which group calls make; else a person.</param>
public sealed class Expected(bool isAccount)
{
    // By partition of events.identified: the first and the last record.
    private readonly SortedDictionary<int, (long First, long Last)> _positions = [];
    private readonly SortedDictionary<string, (DateTime At, string MessageId)> _links = new(StringComparer.Ordinal);
    private readonly SortedSet<(string Type, string Value)> _ids = [];
    private readonly SortedDictionary<string, (string Json, DateTime At, string MessageId)> _traits = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (long Count, DateTime First, DateTime Last)> _counts = new(StringComparer.Ordinal);
    private readonly List<Sent> _events = [];

    public IReadOnlyList<Sent> Events => _events;

    /// <param name="e">Once each.</param>
    /// <param name="ids">Those of it that belong to the profile.</param>
    /// <param name="partition">Where it stands in events.identified.</param>
    /// <param name="offset">Where it stands in events.identified.</param>
    public void Add(Sent e, IEnumerable<Id> ids, int partition, long offset)
    {
        _events.Add(e);
        foreach (var id in ids) _ids.Add((id.Type, id.Value));
        _positions[partition] = _positions.TryGetValue(partition, out var known) ? (Math.Min(known.First, offset), Math.Max(known.Last, offset)) : (offset, offset);
        if (e.Type == "group") Link(isAccount ? $"{e.Ids[0]}" : e.GroupId!, e);
        var name = e is { Type: "track", Name: { } track } ? track : $"${e.Type}";
        _counts[name] = _counts.TryGetValue(name, out var count)
            ? (count.Count + 1, e.Timestamp < count.First ? e.Timestamp : count.First, e.Timestamp > count.Last ? e.Timestamp : count.Last)
            : (1, e.Timestamp, e.Timestamp);
        // The traits of a group call are the account's.
        if (!isAccount && e.Type != "identify") return;
        foreach (var (trait, json) in e.Traits)
        {
            if (!_traits.TryGetValue(trait, out var last) || (e.Timestamp, e.Index).CompareTo((last.At, Sent.IndexOf(last.MessageId))) > 0) _traits[trait] = (json, e.Timestamp, e.MessageId);
        }
    }

    /// <summary>The traits as text, for comparing and for telling.</summary>
    public string Traits => ProfileText.Of(_traits.Select(trait => (trait.Key, $"{trait.Value.Json} by {trait.Value.MessageId} at {ProfileText.Of(trait.Value.At)}")));

    public string Counts => ProfileText.Of(_counts.Select(count => (count.Key, $"{count.Value.Count} {ProfileText.Of(count.Value.First)}..{ProfileText.Of(count.Value.Last)}")));

    public string Totals => $"total {_events.Count} {ProfileText.Of(_events.Min(e => e.Timestamp))}..{ProfileText.Of(_events.Max(e => e.Timestamp))}";

    public string Ids => ProfileText.Of(_ids.Select(id => (id.Type, id.Value)));

    /// <summary>A person's accounts or an account's people, each with the latest call.</summary>
    public string Links => $"{(isAccount ? "account of" : "person in")} {ProfileText.Of(_links.Select(link => (link.Key, $"{link.Value.MessageId} at {ProfileText.Of(link.Value.At)}")))}";

    /// <summary>From which to which record of each partition the state reaches.</summary>
    public string Positions => string.Join(' ', _positions.Select(position => $"{position.Key}@{position.Value.First}..{position.Value.Last}"));

    /// <summary>The hundred newest.</summary>
    public string Recent => string.Join(' ', _events.OrderByDescending(e => e.Timestamp).ThenByDescending(e => e.Index).Take(100).Select(e => e.MessageId));

    private void Link(string name, Sent e)
    {
        if (!_links.TryGetValue(name, out var last) || (e.Timestamp, e.Index).CompareTo((last.At, Sent.IndexOf(last.MessageId))) > 0) _links[name] = (e.Timestamp, e.MessageId);
    }
}
