namespace Cdp.Chaos.People;

/// <summary>Everything that is sent, from one seed: the events, and the order in which each lane sends them, those sent twice included.</summary>
public sealed class Population
{
    /// <summary>Connections that send at the same time. The events of one key are in one lane, so that a device's order is its own.</summary>
    public const int Lanes = 8;

    private const int AtOnce = 200;
    private static readonly DateTime Start = new(2025, 6, 1, 8, 0, 0, DateTimeKind.Utc);

    private readonly List<Sent> _events = [];
    private readonly List<int>[] _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => new List<int>())];
    private readonly Random _random;
    private DateTime _last = Start;

    /// <param name="seed">The same seed gives the same population.</param>
    /// <param name="events">How many different events the customers send.</param>
    /// <param name="canaries">How many logins of customers of their own come on top; they are sent when somebody asks for them.</param>
    public Population(int seed, int events, int canaries)
    {
        _random = new Random(seed);
        var (people, active, shared, again) = (0, new List<Person>(), new List<string>(), new PriorityQueue<int, int>());
        while (_events.Count < events)
        {
            while (active.Count < AtOnce) active.Add(new Person(people++, _random, shared));
            var at = _random.Next(active.Count);
            Add(active[at].Next());
            if (active[at].IsDone) active.RemoveAt(at);
            // A sender that was not told, or has a bug, sends the same again: soon, or much later.
            if (_random.NextDouble() < 0.03) again.Enqueue(_events.Count - 1, _events.Count + (_random.NextDouble() < 0.7 ? _random.Next(100) : _random.Next(5_000)));
            while (again.TryPeek(out _, out var due) && due <= _events.Count) Repeat(again.Dequeue());
        }
        (People, Ordinary) = (people, events);
        for (var i = 0; i < canaries; i++) Create(new Draft("identify", $"canary-device-{i}", $"canary-{i}") { Traits = [("canary", $"{i}")] });
    }

    public int People { get; }

    /// <summary>The events of the customers come first; behind them stand the canaries.</summary>
    public int Ordinary { get; }

    public int Repeated { get; private set; }

    public IReadOnlyList<Sent> Events => _events;

    /// <summary>Indexes into <see cref="Events"/>, in the order in which the lane sends them.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Order => _lanes;

    private void Add(Draft draft)
    {
        var sent = Create(draft);
        _lanes[Lane(sent.Key)].Add(sent.Index);
    }

    private void Repeat(int index)
    {
        _lanes[Lane(_events[index].Key)].Add(index);
        Repeated++;
    }

    private Sent Create(Draft draft)
    {
        var index = _events.Count;
        var sent = new Sent
        {
            Index = index,
            Type = draft.Type,
            Key = draft.AnonymousId ?? draft.UserId ?? $"{draft.Merge[0]}",
            Ids = Understanding.Of(draft, Sent.MessageIdOf(index)),
            Timestamp = Time(),
            Name = draft.Name,
            AnonymousId = draft.AnonymousId,
            UserId = draft.UserId,
            PreviousId = draft.PreviousId,
            GroupId = draft.GroupId,
            Traits = draft.Traits,
            Merge = draft.Merge,
        };
        _events.Add(sent);
        return sent;
    }

    // Mostly rising, some at the very same millisecond, some out of order by minutes, some late by weeks.
    private DateTime Time()
    {
        var now = Start.AddMilliseconds(_events.Count * 40L);
        return _last = _random.Next(100) switch
        {
            < 5 => _last,
            < 20 => now.AddMilliseconds(-_random.Next(600_000)),
            < 22 => now.AddMilliseconds(-_random.NextInt64(30L * 24 * 3600 * 1000)),
            _ => now,
        };
    }

    private static int Lane(string key)
    {
        // Not string.GetHashCode: it differs from process to process.
        var hash = 17u;
        foreach (var c in key) hash = hash * 31 + c;
        return (int)(hash % Lanes);
    }
}
