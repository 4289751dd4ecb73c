using cdp;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Polly;
using Polly.Retry;

namespace Cdp.Fanout.Delivering;

/// <summary>Takes an event to its destination: tries again what may yet succeed, waits without end for a destination that is away, gives up the rest.</summary>
public sealed class Courier
{
    private readonly Destination _destination;
    private readonly Webhook _webhook;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<DeliveryResult> _pipeline;

    public Courier(Destination destination, Webhook webhook, RetryTimes times, TimeProvider time, FanoutLog log)
    {
        (_destination, _webhook, _time) = (destination, webhook, time);
        var builder = new ResiliencePipelineBuilder<DeliveryResult> { TimeProvider = time };
        // Outermost: that nobody answers says nothing about the event. Kafka is the buffer, so it is waited for, and then the attempts begin anew.
        builder.AddRetry(Backoff(times, int.MaxValue, static result => result is DeliveryResult.Unreachable, arguments => log.Unreachable(destination.Id, ((DeliveryResult.Unreachable)arguments.Outcome.Result!).Reason)));
        if (destination.MaxAttempts > 1) builder.AddRetry(Backoff(times, destination.MaxAttempts - 1, static result => result is DeliveryResult.Retry, static _ => { }));
        _pipeline = builder.Build();
    }

    /// <exception cref="OperationCanceledException">Stopped before the delivery had ended.</exception>
    public async Task<Outcome> DeliverAsync(IdentifiedEvent identified, string? traceParent, CancellationToken stopping)
    {
        var request = new WebhookRequest(EventJson.Write(identified), IdempotencyKey.Of(_destination.Id, identified.validated.envelope), traceParent);
        var attempts = 0;
        var result = await _pipeline.ExecuteAsync(async token =>
        {
            var answer = await _webhook.DeliverAsync(request, token);
            if (answer is not DeliveryResult.Unreachable) attempts++;
            return answer;
        }, stopping);

        var at = _time.GetUtcNow().UtcDateTime;
        return result switch
        {
            DeliveryResult.Delivered delivered => new Outcome(request.IdempotencyKey, delivered.Status, null, attempts, at),
            DeliveryResult.Refused refused => new Outcome(request.IdempotencyKey, refused.Status, refused.Reason, attempts, at),
            DeliveryResult.Retry last => new Outcome(request.IdempotencyKey, last.Status, last.Reason, attempts, at),
            _ => throw new InvalidOperationException($"a delivery to {_destination.Id} ended with {result}"),
        };
    }

    private static RetryStrategyOptions<DeliveryResult> Backoff(RetryTimes times, int retries, Func<DeliveryResult?, bool> again, Action<OnRetryArguments<DeliveryResult>> told) => new()
    {
        MaxRetryAttempts = retries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = times.First,
        MaxDelay = times.Longest,
        ShouldHandle = arguments => ValueTask.FromResult(again(arguments.Outcome.Result)),
        DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(arguments.Outcome.Result is DeliveryResult.Retry { After: { } asked } ? (asked < times.LongestAsked ? asked : times.LongestAsked) : null),
        OnRetry = arguments =>
        {
            told(arguments);
            return ValueTask.CompletedTask;
        },
    };
}
