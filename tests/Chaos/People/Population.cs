using cdp;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.People;

/// <summary>Everything that is sent, derived from one seed: the events, and the order in which each lane sends them, repetitions included.</summary>
public sealed class Population
{
    /// <summary>The number of concurrent senders. All events of one key are in one lane, which keeps a device's order.</summary>
    public const int Lanes = 8;

    private const int ActivePeople = 200;
    private static readonly DateTime Start = new(2025, 6, 1, 8, 0, 0, DateTimeKind.Utc);

    private readonly List<SentEvent> _events = [];
    private readonly List<int>[] _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => new List<int>())];
    private readonly Dictionary<string, int> _refused = [];
    private readonly Dictionary<int, int> _retriesUnderAnotherKey = [];
    private readonly OddInputGenerator _oddInput;
    private readonly Random _random;
    private DateTime _last = Start;

    /// <param name="seed">The same seed gives the same population.</param>
    /// <param name="events">The number of distinct events that the customers send.</param>
    /// <param name="canaries">The number of additional logins of separate customers, sent on demand.</param>
    /// <param name="spares">The number of additional events of separate devices, sent on demand.</param>
    public Population(int seed, int events, int canaries, int spares)
    {
        (_random, _oddInput) = (new Random(seed), new OddInputGenerator(new Random(seed + 1), Switches.OddInputs));
        var (people, active, shared, again) = (0, new List<Person>(), new List<string>(), new PriorityQueue<int, int>());
        var heavy = HeavyCustomers.Drafts(events, _random);
        while (_events.Count < events)
        {
            while (active.Count < ActivePeople) active.Add(new Person(people++, _random, shared));
            // Spread the heavy customers over the whole run.
            if (_random.Next(events - _events.Count) < heavy.Count) Add(heavy.Dequeue());
            else
            {
                var at = _random.Next(active.Count);
                Add(active[at].Next());
                if (active[at].IsDone) active.RemoveAt(at);
            }
            // A sender that got no answer, or that has a bug, sends the same event again, soon or much later.
            if (_random.NextDouble() < 0.03) again.Enqueue(_events.Count - 1, _events.Count + _random.Next(_random.NextDouble() < 0.7 ? 100 : 5_000));
            while (again.TryPeek(out _, out var due) && due <= _events.Count) Repeat(again.Dequeue());
        }
        (People, Ordinary, HasHeavyCustomers, HasLargeAccount) = (
            people, _events.Count, HeavyCustomers.AreIncluded(events), HeavyCustomers.HasLargeAccount(events));
        for (var i = 0; i < canaries; i++)
        {
            Create(new Draft("identify", $"canary-device-{i}", $"canary-{i}") { Source = Sources.Shop, Traits = [("canary", $"{i}")] });
        }
        var spareDrafts = Enumerable.Range(0, spares).Select(i => new Draft("track", $"spare-device-{i}", null) { Source = Sources.Shop, Name = "Spare Sent" });
        Spares = [.. spareDrafts.Select(draft => Create(draft).Index)];
    }

    public int People { get; }

    /// <summary>Whether it has customers near every limit of a profile.</summary>
    public bool HasHeavyCustomers { get; }

    /// <summary>Whether it has an account with more people than it lists.</summary>
    public bool HasLargeAccount { get; }

    /// <summary>The number of ordinary events, which come first; the canaries follow.</summary>
    public int Ordinary { get; }

    /// <summary>The indexes of the spare events, which follow the canaries.</summary>
    public IReadOnlyList<int> Spares { get; }

    /// <summary>The number of repetitions.</summary>
    public int Repeated { get; private set; }

    public IReadOnlyList<SentEvent> Events => _events;

    /// <summary>By lane: indexes into <see cref="Events"/>, in the order in which the lane sends them.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Order => _lanes;

    /// <summary>
    /// The index of the event with a messageId; -1 if there is none. If it was retried under another key, the anonymousId decides which of the two.
    /// </summary>
    public int Find(string messageId, string? anonymousId)
    {
        var index = SentEvent.IndexOf(messageId);
        if (index < 0 || index >= _events.Count) return -1;
        return _retriesUnderAnotherKey.TryGetValue(index, out var retry) && anonymousId is null ? retry : index;
    }

    public int Find(Event envelope) => Find(envelope.messageId, envelope.anonymousId);

    /// <summary>The index of the refused event with this JSON; -1 if there is none.</summary>
    public int FindRefused(string json) => _refused.GetValueOrDefault(json, -1);

    /// <summary>The events with a messageId: one, or two if it was retried under another key.</summary>
    public IEnumerable<SentEvent> WithMessageId(string messageId) =>
        new[] { Find(messageId, ""), Find(messageId, null) }.Distinct().Where(index => index >= 0).Select(index => _events[index]);

    private void Add(Draft plain)
    {
        foreach (var draft in _oddInput.Apply(plain, SentEvent.MessageIdOf(_events.Count))) AddOne(draft);
    }

    private void AddOne(Draft draft)
    {
        var sent = Create(draft);
        _lanes[Lane(sent.Key)].Add(sent.Index);
        if (sent.Refusal is not null) _refused.Add(sent.Json(), sent.Index);
        if (draft.OddInput != OddInput.RetryUnderAnotherKey) return;
        var retry = Create(draft with { AnonymousId = null, RetryOf = sent.Index });
        _lanes[Lane(retry.Key)].Add(retry.Index);
        _retriesUnderAnotherKey.Add(sent.Index, retry.Index);
    }

    private void Repeat(int index)
    {
        // A refusal is final: no sender retries it.
        if (_events[index].Refusal is not null) return;
        _lanes[Lane(_events[index].Key)].Add(index);
        Repeated++;
    }

    private SentEvent Create(Draft draft)
    {
        var index = _events.Count;
        var original = draft.RetryOf is { } retried ? _events[retried] : null;
        var messageId = original?.MessageId ?? SentEvent.MessageIdOf(index, draft.MessageIdCharacters);
        var sent = new SentEvent
        {
            Index = index,
            Type = draft.Type,
            Source = draft.Source,
            Key = draft.AnonymousId ?? draft.UserId ?? (draft.Merge.Count > 0 ? $"{draft.Merge[0]}" : messageId),
            Ids = ExpectedIds.Of(draft, messageId),
            Timestamp = original?.Timestamp ?? Time(),
            MessageId = messageId,
            Name = draft.Name,
            AnonymousId = draft.AnonymousId,
            UserId = draft.UserId,
            PreviousId = draft.PreviousId,
            GroupId = draft.GroupId,
            Traits = draft.Traits,
            Merge = draft.Merge,
            Refusal = draft.Refusal,
            UsesReceivedAt = draft.UsesReceivedAt,
            OddInput = draft.OddInput,
            Notation = draft.Notation,
        };
        _events.Add(sent);
        return sent;
    }

    // Mostly increasing; some in the same millisecond, some out of order by minutes, some late by weeks.
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
        // Not string.GetHashCode, which differs between processes.
        var hash = 17u;
        foreach (var c in key) hash = hash * 31 + c;
        return (int)(hash % Lanes);
    }
}
