using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Observability;
using Cdp.Destinations.Delivery;
using Polly;
using Polly.CircuitBreaker;

namespace Cdp.DeliveryEngine.Sending;

/// <summary>
/// Sends requests to a destination through its gate: a circuit breaker, which stops sending while the destination as a whole is down, and a token bucket. An
/// unreachable destination says nothing about the events, so they wait for it. A request that is refused as a whole is halved, until the item at fault is
/// alone.
/// </summary>
internal sealed class Sender
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly DeliverySettings _settings;
    private readonly Destination _destination;
    private readonly TimeProvider _time;
    private readonly DeliveryLog _log;
    private readonly DeliveryMeters _meters;
    private readonly Action _progressed;
    private readonly RequestRate _rate;
    private readonly ResiliencePipeline<SendResult> _breaker;
    private readonly CircuitBreakerStateProvider _state = new();

    /// <param name="settings">The settings of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <param name="meters">The metrics.</param>
    /// <param name="progressed">Called when a request has ended, and while requests wait for the rate limit only, which is no reason to be not ready.</param>
    public Sender(DeliverySettings settings, Destination destination, TimeProvider time, DeliveryLog log, DeliveryMeters meters, Action progressed)
    {
        (_settings, _destination, _time, _log, _meters, _progressed) = (settings, destination, time, log, meters, progressed);
        _rate = new RequestRate(settings.RequestsPerSecond);
        _breaker = new ResiliencePipelineBuilder<SendResult> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<SendResult>
            {
                // Far above what single profiles that fail can cause, and far below what a destination that is down causes.
                FailureRatio = 0.5,
                MinimumThroughput = 20,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDurationGenerator = arguments => ValueTask.FromResult(Pause(FirstPause * 4, arguments.HalfOpenAttempts)),
                ShouldHandle = arguments => ValueTask.FromResult(IsFailure(arguments.Outcome)),
                StateProvider = _state,
                OnOpened = _ =>
                {
                    _log.Opened(_settings.Id);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Whether the circuit breaker lets requests pass.</summary>
    public bool IsOpen => _state.CircuitState is CircuitState.Open or CircuitState.HalfOpen;

    /// <summary>Requests per second at present; null for no limit.</summary>
    public double? Rate
    {
        get
        {
            lock (_rate) return _rate.Current;
        }
    }

    /// <summary>How the items of an action are put together into requests.</summary>
    public BatchRule Batch(string action)
    {
        try
        {
            return _destination.Batch(action);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _log.Threw(_settings.Id, e);
            return BatchRule.Single;
        }
    }

    /// <summary>The request for an item, for people; null if the destination cannot build one.</summary>
    public string? Preview(DeliveryItem item)
    {
        try
        {
            return _destination.Preview([item]);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _log.Threw(_settings.Id, e);
            return null;
        }
    }

    /// <summary>Makes one attempt for each item, once the destination can be reached.</summary>
    /// <param name="request">The request, which records when it passes the gate.</param>
    /// <param name="stopping">Cancels the request; it is then unknown what the destination has accepted.</param>
    public Task<IReadOnlyList<DeliveryResult>> SendAsync(SentRequest request, CancellationToken stopping) => SendAsync(request, request.Items, stopping);

    private async Task<IReadOnlyList<DeliveryResult>> SendAsync(SentRequest request, IReadOnlyList<DeliveryItem> items, CancellationToken stopping)
    {
        var result = await SendWhenReachableAsync(request, items, stopping);
        if (!result.IsWhole || items.Count == 1 || result.Items[0] is not DeliveryResult.Refused) return result.Items;
        var half = items.Count / 2;
        return
        [
            .. await SendAsync(request, [.. items.Take(half)], stopping),
            .. await SendAsync(request, [.. items.Skip(half)], stopping),
        ];
    }

    private async Task<SendResult> SendWhenReachableAsync(SentRequest request, IReadOnlyList<DeliveryItem> items, CancellationToken stopping)
    {
        for (var failures = 0; ;)
        {
            TimeSpan pause;
            try
            {
                for (var wait = TakeToken(); wait > TimeSpan.Zero; wait = TakeToken())
                {
                    _progressed();
                    await Task.Delay(wait < LongestWait ? wait : LongestWait, _time, stopping);
                }
                var result = await _breaker.ExecuteAsync(token => AttemptAsync(request, items, token), stopping);
                if (!result.Items.All(item => item is DeliveryResult.Unreachable))
                {
                    _progressed();
                    return result;
                }
                _log.Unreachable(_settings.Id, ((DeliveryResult.Unreachable)result.Items[0]).Reason);
                pause = Pause(FirstPause, failures++);
            }
            catch (BrokenCircuitException e)
            {
                // All requests wait here. One of them is let through at the end of the break, as the probe.
                pause = e.RetryAfter is { } remaining && remaining > FirstPause ? remaining : FirstPause;
            }
            request.Waits();
            await Task.Delay(pause, _time, stopping);
        }
    }

    private async ValueTask<SendResult> AttemptAsync(SentRequest request, IReadOnlyList<DeliveryItem> items, CancellationToken stopping)
    {
        var started = _time.GetTimestamp();
        request.Sent(started);
        SendResult result;
        try
        {
            // An attempt that never ends would keep its place forever, and as the probe of the circuit breaker stop all others.
            result = await _destination.SendAsync(items, stopping).WaitAsync(LongestAttempt, _time, stopping);
            if (result.Items.Count != items.Count)
                throw new InvalidOperationException($"the destination reported {result.Items.Count} results for {items.Count} items");
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // A bug of the destination. The events are retried like those it has failed to deliver, and nothing is lost.
            _log.Threw(_settings.Id, e);
            result = SendResult.Whole(new DeliveryResult.Retry(null, $"{e.GetType().Name}: {e.Message}"), items.Count);
        }
        _meters.Attempted(result, _time.GetElapsedTime(started));
        if (result.Items.OfType<DeliveryResult.Retry>().FirstOrDefault(item => item.Status == 429) is { } throttled) LowerRate(throttled.After);
        return result;
    }

    private TimeSpan TakeToken()
    {
        lock (_rate) return _rate.Take(Now);
    }

    private void LowerRate(TimeSpan? after)
    {
        lock (_rate) _rate.Lower(Now, after);
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    // A probe that is cancelled by a rebalance says nothing about the destination, but anything that is not handled as a failure would close the circuit.
    private bool IsFailure(Outcome<SendResult> outcome) => outcome.Result is { } result
        ? result.Items.All(item => item is DeliveryResult.Retry or DeliveryResult.Unreachable)
        : _state.CircuitState == CircuitState.HalfOpen;

    private static TimeSpan Pause(TimeSpan first, int failures)
    {
        var pause = first * Math.Pow(2, Math.Min(failures, 10));
        return pause < LongestPause ? pause : LongestPause;
    }
}
