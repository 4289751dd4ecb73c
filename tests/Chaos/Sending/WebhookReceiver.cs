using System.Globalization;
using System.Text.Json;
using Cdp.Chaos.People;
using Cdp.Chaos.Settings;
using Cdp.Testing;

namespace Cdp.Chaos.Sending;

/// <summary>A delivery that a destination received, and either accepted or refused with 400.</summary>
/// <param name="Destination">The destination.</param>
/// <param name="ProfileId">The profile that it names.</param>
/// <param name="Event">The index of the event in the population; -1 if there is none.</param>
/// <param name="Key">Its Idempotency-Key; 0 if it has none, or one that is not 32 hexadecimal digits.</param>
/// <param name="IsAccepted">Whether it was accepted.</param>
public readonly record struct WebhookDelivery(string Destination, string ProfileId, int Event, UInt128 Key, bool IsAccepted);

/// <summary>The webhooks of all destinations, which record every accepted and every refused delivery in the order of arrival.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    /// <summary>The body of a refusal.</summary>
    public const string Refusal = "the flaky destination refuses this event";

    /// <summary>The timeout of the flaky destination: longer than the delivery engine waits for a slow response before it begins the next batch.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan SlowResponse = TimeSpan.FromSeconds(2.7), LongestResponse = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Population _population;
    private readonly FlakyAnswers _flaky;
    private readonly string _url;
    private readonly Lock _lock = new();
    private readonly List<WebhookDelivery> _deliveries = [];
    private readonly HashSet<string> _profileIds = [];
    private readonly Dictionary<string, int> _attempts = [];
    private readonly Dictionary<FlakyAnswer, int> _answers = [];
    private readonly HashSet<string> _failing = [];
    private int _requests;
    private volatile int _outagePercent;
    private volatile bool _acceptsAll;

    private WebhookReceiver(Population population, int seed, int port)
    {
        _population = population;
        _flaky = new FlakyAnswers(seed, population.Events.Take(population.Ordinary));
        _url = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(_url);
        _app = builder.Build();
        _app.MapPost("/{destination}", AnswerAsync);
    }

    /// <summary>The deliveries that were accepted or refused.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries
    {
        get
        {
            lock (_lock) return [.. _deliveries];
        }
    }

    /// <summary>The number of requests, whatever the answer.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The number of events that the flaky destination has failed and not accepted since.</summary>
    public int Failing
    {
        get
        {
            lock (_lock) return _failing.Count;
        }
    }

    public static async Task<WebhookReceiver> StartAsync(Population population, int seed)
    {
        var webhook = new WebhookReceiver(population, seed, FreePort.FindForRestarts());
        await webhook._app.StartAsync();
        return webhook;
    }

    public Uri UrlOf(string destination) => new($"{_url}/{destination}");

    /// <summary>How often the flaky destination gave an answer.</summary>
    public int CountOf(FlakyAnswer answer)
    {
        lock (_lock) return _answers.GetValueOrDefault(answer);
    }

    /// <summary>The flaky destination answers 503 for this share of the profiles from now on; 0 ends the outage.</summary>
    public void Fail(int percent) => _outagePercent = percent;

    /// <summary>The flaky destination accepts everything from now on, also what it has refused before.</summary>
    public void AcceptAll() => _acceptsAll = true;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(string destination, HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        using var json = await JsonDocument.ParseAsync(request.Body, cancellationToken: context.RequestAborted);
        var anonymousId = json.RootElement.TryGetProperty("anonymousId", out var member) ? member.GetString() : null;
        var (messageId, profileId) = (json.RootElement.GetProperty("messageId").GetString()!, json.RootElement.GetProperty("profileId").GetString()!);
        _ = UInt128.TryParse(request.Headers["Idempotency-Key"], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key);
        FlakyAnswer answer;
        lock (_lock)
        {
            _requests++;
            answer = destination == DestinationIds.Flaky ? NextAnswer(messageId, profileId) : FlakyAnswer.Accept;
            var isAccepted = answer is FlakyAnswer.Accept or FlakyAnswer.AcceptSlowly;
            if (isAccepted || answer == FlakyAnswer.Refuse) Record(destination, profileId, _population.Find(messageId, anonymousId), key, isAccepted);
        }
        switch (answer)
        {
            case FlakyAnswer.AcceptSlowly:
                await Task.Delay(SlowResponse, context.RequestAborted);
                break;
            case FlakyAnswer.ServerError:
                response.StatusCode = 500;
                break;
            case FlakyAnswer.Throttle:
                response.StatusCode = 429;
                break;
            case FlakyAnswer.ThrottleWithDelay:
                response.StatusCode = 429;
                response.Headers.RetryAfter = "2";
                break;
            case FlakyAnswer.NoResponse:
                await Task.Delay(LongestResponse, context.RequestAborted);
                break;
            case FlakyAnswer.Reset:
                context.Abort();
                break;
            case FlakyAnswer.Refuse:
                response.StatusCode = 400;
                await response.WriteAsync(Refusal, context.RequestAborted);
                break;
            case FlakyAnswer.Unavailable:
                response.StatusCode = 503;
                break;
        }
    }

    private FlakyAnswer NextAnswer(string messageId, string profileId)
    {
        if (_acceptsAll) return FlakyAnswer.Accept;
        var attempt = _attempts.GetValueOrDefault(messageId);
        var answer = HashOf(profileId) % 100 < _outagePercent ? FlakyAnswer.Unavailable : _flaky.Of(messageId, attempt);
        // Attempts during an outage count as well, so that no event fails so often that its next retry takes minutes.
        if (answer != FlakyAnswer.Accept) _attempts[messageId] = attempt + 1;
        _answers[answer] = _answers.GetValueOrDefault(answer) + 1;
        if (answer is FlakyAnswer.Accept or FlakyAnswer.AcceptSlowly or FlakyAnswer.Refuse) _failing.Remove(messageId);
        else _failing.Add(messageId);
        return answer;
    }

    private void Record(string destination, string profileId, int e, UInt128 key, bool isAccepted)
    {
        // One string per profile and per destination, not one per event.
        if (!_profileIds.TryGetValue(profileId, out var known)) _profileIds.Add(known = profileId);
        var id = DestinationIds.All.First(id => id == destination);
        _deliveries.Add(new WebhookDelivery(id, known, e, key, isAccepted));
    }

    // Not string.GetHashCode, which differs between runs.
    private static uint HashOf(string text) => text.Aggregate(17u, (hash, c) => hash * 31 + c);
}
