using System.Security.Cryptography;
using System.Text;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>The expected state of a profile: everything that does not depend on the path its events took.</summary>
/// <remarks>
/// A profile without events has identifiers that only events of other profiles carry: it was created by a split, or the identifiers with the events left it.
/// </remarks>
/// <param name="isAccount">Whether it is an account, which group calls create, and not a person.</param>
public sealed class ExpectedProfile(bool isAccount)
{
    /// <summary>The documented bounds of a profile's lists.</summary>
    private const int MaxEventNames = 300, MaxAccounts = 100, MaxMembers = 1_000, MaxRecent = 100;

    // By partition of events.identified: the offsets of the first and the last record.
    private readonly SortedDictionary<int, (long First, long Last)> _positions = [];
    private readonly SortedDictionary<string, (DateTime At, string MessageId)> _links = new(StringComparer.Ordinal);
    private readonly SortedSet<(string Type, string Value)> _ids = [];
    private readonly List<TraitWrite> _writes = [];
    private readonly SortedDictionary<string, (long Count, DateTime First, DateTime Last)> _counts = new(StringComparer.Ordinal);
    private readonly List<(SentEvent Event, DateTime At)> _events = [];

    public IReadOnlyList<SentEvent> Events => [.. _events.Select(e => e.Event)];

    /// <summary>Adds an event, once for each time that it was identified.</summary>
    /// <param name="e">The event.</param>
    /// <param name="when">Its time.</param>
    /// <param name="at">Its position in events.identified.</param>
    public void Add(SentEvent e, DateTime when, Position at)
    {
        _events.Add((e, when));
        var known = _positions.GetValueOrDefault(at.Partition, (First: at.Offset, Last: at.Offset));
        _positions[at.Partition] = (Math.Min(known.First, at.Offset), Math.Max(known.Last, at.Offset));
        if (e.Type == "group") Link(isAccount ? $"{e.Ids[0].Type}:{ShortText.Member(e.Ids[0].Value)}" : ShortText.Name(e.GroupId!), e, when);
        var name = e is { Type: "track", Name: { } track } ? track : $"${e.Type}";
        _counts[name] = Sum(_counts.GetValueOrDefault(name), (1, when, when));
        // The traits of a group call belong to the account.
        if (!isAccount && e.Type != "identify") return;
        foreach (var (trait, json) in e.Traits) _writes.Add(new TraitWrite(trait, json, when, ShortText.MessageId(e.MessageId)));
    }

    /// <summary>Adds an identifier that any event carries, also an event of another profile.</summary>
    public void AddIdentifier(Id id) => _ids.Add((id.Type, ShortText.Identifier(id.Value)));

    /// <summary>The traits; those whose value is cut come last.</summary>
    public string Traits
    {
        get
        {
            var (kept, cut, _) = KeptTraits.Of(_writes);
            return ProfileText.Traits(
                kept.Select(write => (write.Name, write.Json, write.MessageId, write.At)), cut.Select(write => (write.Name, write.MessageId, write.At)));
        }
    }

    /// <summary>The counts of the event names with the smallest hashes, then the sum of all others.</summary>
    public string Counts
    {
        get
        {
            var kept = _counts.Keys.Where(name => !ShortText.IsLongName(name)).OrderBy(Hash, StringComparer.Ordinal).Take(MaxEventNames).ToHashSet();
            var rest = _counts.Where(count => !kept.Contains(count.Key)).Select(count => count.Value).ToList();
            (long, DateTime, DateTime)? others = rest.Count == 0 ? null : rest.Aggregate(Sum);
            return ProfileText.Counts(_counts.Where(count => kept.Contains(count.Key)).Select(count => (count.Key, count.Value)), others);
        }
    }

    /// <summary>The parts that are listed as incomplete.</summary>
    public string Cut => KeptTraits.Of(_writes).AreNamesMissing ? "traits" : "";

    public string Totals
    {
        get
        {
            var times = _events.Select(e => e.At).DefaultIfEmpty().ToList();
            return $"total {_events.Count} {ProfileText.Of(times.Min())}..{ProfileText.Of(times.Max())}";
        }
    }

    public string Ids => ProfileText.Of(_ids);

    /// <summary>A person's accounts or an account's members, each with the latest call.</summary>
    public string Links
    {
        get
        {
            var newest = _links.OrderByDescending(link => link.Value.At).ThenByDescending(link => link.Value.MessageId, StringComparer.Ordinal);
            var kept = newest.Take(isAccount ? MaxMembers : MaxAccounts).OrderBy(link => link.Key, StringComparer.Ordinal);
            var text = ProfileText.Of(kept.Select(link => (link.Key, $"{link.Value.MessageId} at {ProfileText.Of(link.Value.At)}")));
            return $"{(isAccount ? "account of" : "person in")} {text}";
        }
    }

    /// <summary>By partition: the first and last record that the state includes.</summary>
    public string Positions => string.Join(' ', _positions.Select(position => $"{position.Key}@{position.Value.First}..{position.Value.Last}"));

    /// <summary>The newest events.</summary>
    public string Recent
    {
        get
        {
            var newest = _events.OrderByDescending(e => e.At).ThenByDescending(e => e.Event.MessageId, StringComparer.Ordinal).Take(MaxRecent);
            return string.Join(
                ' ', newest.Select(e => ProfileText.Recent(ShortText.MessageId(e.Event.MessageId), e.Event.Name is { } name ? ShortText.Name(name) : null)));
        }
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static (long Count, DateTime First, DateTime Last) Sum(
        (long Count, DateTime First, DateTime Last) a, (long Count, DateTime First, DateTime Last) b) =>
        a.Count == 0 ? b : (a.Count + b.Count, a.First < b.First ? a.First : b.First, a.Last > b.Last ? a.Last : b.Last);

    private void Link(string name, SentEvent e, DateTime when)
    {
        var (at, messageId) = (when, ShortText.MessageId(e.MessageId));
        var isNewer = !_links.TryGetValue(name, out var last) || at > last.At || (at == last.At && string.CompareOrdinal(messageId, last.MessageId) > 0);
        if (isNewer) _links[name] = (at, messageId);
    }
}
