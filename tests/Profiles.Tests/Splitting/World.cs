using cdp;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>Customers with identifiers, as identity sees them: who merges, who is split, and which events are sent under which profile.</summary>
internal sealed class World
{
    private readonly Random _random;
    private readonly Dictionary<string, HashSet<Identifier>> _roots = [];
    private readonly Dictionary<string, HashSet<string>> _families = [];
    // What resolvers may still believe: identifiers that were together, and the profile that they were sent under.
    private readonly List<(Identifier[] Identifiers, string Root)> _beliefs = [];
    private readonly List<(long Sequence, string Root, string Into)> _splits = [];
    private long _sequence;

    public World(Random random, bool forgets = false, bool calm = false)
    {
        IsCalm = calm;
        _random = random;
        Log = new SimulatedLog(random, forgets);
        foreach (var i in Enumerable.Range(0, 6))
        {
            var identifier = Some.Id("anonymous_id", $"{(char)('a' + i)}");
            var root = Some.Ids.Implied(identifier);
            _roots[root] = [identifier];
            _families[root] = [];
            Believe(root);
        }
    }

    public SimulatedLog Log { get; }

    /// <summary>Whether profiles merge only once their splits are done.</summary>
    public bool IsCalm { get; }

    public List<(IdentifiedEvent Event, RecordPosition Position)> Events { get; } = [];

    public IEnumerable<string> Roots => _roots.Keys;

    public HashSet<string> Gone { get; } = [];

    public void Live(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            switch (_random.Next(8))
            {
                case 0 or 1: Merge(); break;
                case 2: Split(); break;
                default: Send(); break;
            }
        }
        Log.RunToTheEnd();
    }

    /// <summary>The events of a root today, each with the identifiers that are its.</summary>
    public IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> EventsOf(string root) =>
        from sent in Events
        where _roots[root].Contains(sent.Event.identifiers[0])
        select (Division.Trimmed(sent.Event, _roots[root].Contains), sent.Position);

    /// <summary>Of each trait the message that set it last, in all profiles together.</summary>
    public Dictionary<string, string> LastWrites() => Events
        .Where(sent => sent.Event.validated.envelope.traits is not null)
        .GroupBy(sent => JsonMembers.Of(sent.Event.validated.envelope.traits)[0].Key)
        .ToDictionary(trait => trait.Key, trait => trait.Select(sent => sent.Event.validated.envelope).OrderBy(e => e.timestamp).ThenBy(e => e.messageId, StringComparer.Ordinal).Last().messageId);

    private void Send()
    {
        var (identifiers, root) = _random.Next(3) == 0 ? _beliefs[_random.Next(_beliefs.Count)] : Current(Pick(_roots.Keys));
        var message = $"m{Events.Count:d3}";
        var e = _random.Next(3) == 0
            ? Some.Event(root, "identify", _random.Next(50), message, $$"""{"{{(_random.Next(2) == 0 ? "plan" : "city")}}":"{{message}}"}""", null, Shuffled(identifiers))
            : Some.Event(root, "track", _random.Next(50), message, null, _random.Next(2) == 0 ? "A" : "B", Shuffled(identifiers));
        Events.Add((e, Log.Append(root, e)));
    }

    private void Merge()
    {
        string[] free = [.. _roots.Keys.Where(root => !IsCalm || !_splits.Any(split => (split.Root == root || split.Into == root) && !Log.IsFinished(split.Sequence)))];
        if (free.Length < 2) return;
        var loser = Pick(free);
        var winner = Pick(free.Where(root => root != loser));
        _roots[winner].UnionWith(_roots[loser]);
        _families[winner].UnionWith(_families[loser].Append(loser));
        _roots.Remove(loser);
        _families.Remove(loser);
        Gone.Add(loser);
        Log.Append(loser, Some.Merged(loser, winner, ++_sequence));
        Believe(winner);
    }

    private void Split()
    {
        if (_roots.Where(root => root.Value.Count > 1 && !IsComing(root.Key)).Select(root => root.Key).ToList() is not { Count: > 0 } several) return;
        var root = Pick(several);
        Identifier[] all = Shuffled([.. _roots[root]]);
        Identifier[] left = [.. all.Take(_random.Next(1, all.Length))];
        var into = Some.Ids.Implied(Some.Id("$split", $"{++_sequence}"));
        var family = all.Select(Some.Ids.Implied).Append(root).Union(_families[root]).ToList();
        _roots[root].ExceptWith(left);
        _roots[into] = [.. left];
        _splits.Add((_sequence, root, into));
        _families[root] = [.. family.Where(id => id != root)];
        _families[into] = [.. family];
        Log.Append(root, new ProfileSplit { profileId = root, into = [into], sequence = _sequence, decidedAt = Some.Noon, identifiers = [.. left], family = family });
        Believe(root);
        Believe(into);
    }

    // What came out of a split is itself split only once it has its state; the endpoint waits for that, too.
    private bool IsComing(string root) => _splits.Any(split => (split.Into == root || _families[root].Contains(split.Into)) && !Log.IsFinished(split.Sequence));

    private void Believe(string root) => _beliefs.Add(([.. _roots[root]], root));

    private (Identifier[] Identifiers, string Root) Current(string root) => ([.. _roots[root]], root);

    private T Pick<T>(IEnumerable<T> items)
    {
        T[] all = [.. items];
        return all[_random.Next(all.Length)];
    }

    private Identifier[] Shuffled(Identifier[] items)
    {
        Identifier[] copy = [.. items];
        _random.Shuffle(copy);
        return [.. copy.Take(_random.Next(1, copy.Length + 1))];
    }
}
