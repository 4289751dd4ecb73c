using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>Simulates identity: customers with identifiers, their merges and splits, and the events sent under each profile.</summary>
internal sealed class World
{
    private readonly Random _random;
    private readonly Dictionary<string, HashSet<Identifier>> _roots = [];
    private readonly Dictionary<string, HashSet<string>> _families = [];
    // Former assignments that a resolver may still use: identifiers that belonged together, and their profile at that time.
    private readonly List<(Identifier[] Identifiers, string Root)> _formerRoots = [];
    private readonly List<(long Sequence, string Root, string Into)> _splits = [];
    private long _sequence;

    public World(Random random, bool hasRetention = false, bool isCalm = false, Folding? folding = null)
    {
        IsCalm = isCalm;
        _random = random;
        Log = new SimulatedLog(random, hasRetention, folding ?? Some.Folding);
        foreach (var i in Enumerable.Range(0, 6))
        {
            var identifier = Some.Id("anonymous_id", $"{(char)('a' + i)}");
            var root = Some.Ids.Implied(identifier);
            _roots[root] = [identifier];
            _families[root] = [];
            Remember(root);
            // Identity only knows identifiers that an event has named.
            Send([identifier], root);
        }
    }

    public SimulatedLog Log { get; }

    /// <summary>Whether profiles are only merged after their splits have finished.</summary>
    public bool IsCalm { get; }

    public List<(IdentifiedEvent Event, RecordPosition Position)> Events { get; } = [];

    public IEnumerable<string> Roots => _roots.Keys;

    public HashSet<string> Merged { get; } = [];

    public void Run(int steps)
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

    /// <summary>The events that belong to a root now, each with the identifiers of that root.</summary>
    public IEnumerable<(IdentifiedEvent Event, RecordPosition Position)> EventsOf(string root) =>
        from sent in Events
        where _roots[root].Contains(sent.Event.identifiers[0])
        select (Division.WithIdentifiers(sent.Event, _roots[root].Contains), sent.Position);

    /// <summary>For each trait, the message that set it last, over all profiles.</summary>
    public Dictionary<string, string> LastWrites() => Events
        .Where(sent => sent.Event.validated.envelope.traits is not null)
        .GroupBy(sent => JsonMembers.Of(sent.Event.validated.envelope.traits)![0].Key)
        .ToDictionary(trait => trait.Key, trait => trait
            .Select(sent => sent.Event.validated.envelope)
            .OrderBy(e => e.timestamp).ThenBy(e => e.messageId, StringComparer.Ordinal)
            .Last().messageId);

    /// <summary>The identifiers that identity assigns to a root.</summary>
    public IReadOnlySet<Identifier> IdentifiersOf(string root) => _roots[root];

    private void Send()
    {
        var (identifiers, root) = _random.Next(3) == 0 ? _formerRoots[_random.Next(_formerRoots.Count)] : Current(Pick(_roots.Keys));
        Send(identifiers, root);
    }

    private void Send(Identifier[] identifiers, string root)
    {
        var message = $"m{Events.Count:d3}";
        var isIdentify = _random.Next(3) == 0;
        var isFirst = _random.Next(2) == 0;
        var traits = isIdentify ? $$"""{"{{(isFirst ? "plan" : "city")}}":"{{message}}"}""" : null;
        var name = isIdentify ? null : isFirst ? "A" : "B";
        var e = Some.Event(root, isIdentify ? "identify" : "track", _random.Next(50), message, traits, name, Shuffled(identifiers));
        Events.Add((e, Log.Append(root, e)));
    }

    private void Merge()
    {
        string[] mergeable = [.. _roots.Keys.Where(root => !IsCalm || !IsSplitting(root))];
        if (mergeable.Length < 2) return;
        var loser = Pick(mergeable);
        var winner = Pick(mergeable.Where(root => root != loser));
        _roots[winner].UnionWith(_roots[loser]);
        _families[winner].UnionWith(_families[loser].Append(loser));
        _roots.Remove(loser);
        _families.Remove(loser);
        Merged.Add(loser);
        Log.Append(loser, Some.Merged(loser, winner, ++_sequence));
        Remember(winner);
    }

    private void Split()
    {
        string[] splittable = [.. _roots.Where(root => root.Value.Count > 1 && !AwaitsState(root.Key)).Select(root => root.Key)];
        if (splittable.Length == 0) return;
        var root = Pick(splittable);
        Identifier[] all = Shuffled([.. _roots[root]]);
        Identifier[] splitOff = [.. all.Take(_random.Next(1, all.Length))];
        var into = Some.Ids.Implied(Some.Id("$split", $"{++_sequence}"));
        var family = all.Select(Some.Ids.Implied).Append(root).Union(_families[root]).ToList();
        _roots[root].ExceptWith(splitOff);
        _roots[into] = [.. splitOff];
        _splits.Add((_sequence, root, into));
        _families[root] = [.. family.Where(id => id != root)];
        _families[into] = [.. family];
        Log.Append(root, new ProfileSplit
        {
            profileId = root,
            into = [into],
            sequence = _sequence,
            decidedAt = Some.Noon,
            identifiers = [.. splitOff],
            family = family,
        });
        Remember(root);
        Remember(into);
    }

    private bool IsSplitting(string root) => _splits.Any(split => (split.Root == root || split.Into == root) && !Log.IsFinished(split.Sequence));

    // A profile that a split created is only split again after it has received its state. The unmerge API waits for that as well.
    private bool AwaitsState(string root) =>
        _splits.Any(split => (split.Into == root || _families[root].Contains(split.Into)) && !Log.IsFinished(split.Sequence));

    private void Remember(string root) => _formerRoots.Add(([.. _roots[root]], root));

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
