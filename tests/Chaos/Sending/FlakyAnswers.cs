using Cdp.Chaos.People;

namespace Cdp.Chaos.Sending;

/// <summary>How the flaky destination answers a request.</summary>
public enum FlakyAnswer
{
    /// <summary>200 at once.</summary>
    Accept,

    /// <summary>200 after the delivery engine has begun the next batch.</summary>
    AcceptSlowly,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>429 without Retry-After.</summary>
    Throttle,

    /// <summary>429 with Retry-After.</summary>
    ThrottleWithDelay,

    /// <summary>No response within the timeout of the destination.</summary>
    NoResponse,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>400, to every request for the event.</summary>
    Refuse,

    /// <summary>503, because of an outage.</summary>
    Unavailable,
}

/// <summary>Decides how the flaky destination answers each attempt at an event. Pure; the seed determines all answers.</summary>
public sealed class FlakyAnswers
{
    // A slow answer holds up a batch for seconds, and a 429 halves the rate of all requests for a minute.
    private const int MinEvents = 3, MaxSlowEvents = 40, ThrottledEvents = 2;

    private readonly Dictionary<string, (FlakyAnswer Answer, int Attempts)> _exceptions = [];

    /// <param name="seed">The seed of the run.</param>
    /// <param name="events">The events, in the order in which they are sent.</param>
    public FlakyAnswers(int seed, IEnumerable<SentEvent> events)
    {
        string[] ids = [.. events.Where(e => e.Refusal is null).Select(e => e.MessageId).Distinct()];
        var random = new Random(seed);
        // In the first half of the run, so that the rate has risen again at the end.
        var early = ids[..(ids.Length / 2)];
        random.Shuffle(early);
        var throttled = new Queue<string>(early);
        Assign(throttled, FlakyAnswer.Throttle, ThrottledEvents, () => 1);
        Assign(throttled, FlakyAnswer.ThrottleWithDelay, ThrottledEvents, () => 1);
        random.Shuffle(ids);
        var others = new Queue<string>(ids.Where(id => !_exceptions.ContainsKey(id)));
        Assign(others, FlakyAnswer.AcceptSlowly, Math.Min(Share(0.0005), MaxSlowEvents), () => 1);
        Assign(others, FlakyAnswer.NoResponse, Math.Min(Share(0.0005), MaxSlowEvents), () => 1);
        Assign(others, FlakyAnswer.Refuse, Share(0.003), () => int.MaxValue);
        Assign(others, FlakyAnswer.Reset, Share(0.003), () => random.Next(1, 3));
        // Most fail once, some twice, few three times.
        Assign(others, FlakyAnswer.ServerError, Share(0.02), () => random.Next(10) switch { < 6 => 1, < 9 => 2, _ => 3 });

        int Share(double share) => Math.Max((int)(ids.Length * share), MinEvents);
    }

    /// <summary>The answer to a request.</summary>
    /// <param name="messageId">The event.</param>
    /// <param name="attempt">The number of requests for the event before this one.</param>
    public FlakyAnswer Of(string messageId, int attempt) =>
        _exceptions.TryGetValue(messageId, out var exception) && attempt < exception.Attempts ? exception.Answer : FlakyAnswer.Accept;

    private void Assign(Queue<string> ids, FlakyAnswer answer, int count, Func<int> attempts)
    {
        for (var i = 0; i < count && ids.TryDequeue(out var id); i++) _exceptions.Add(id, (answer, attempts()));
    }
}
