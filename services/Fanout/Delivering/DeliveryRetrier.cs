using cdp;
using Cdp.Destinations;
using Cdp.Destinations.Delivery;
using Destination = Cdp.Fanout.Configuration.Destination;
using Polly;
using Polly.Retry;

namespace Cdp.Fanout.Delivering;

/// <summary>How the delivery of one event ended.</summary>
/// <param name="IdempotencyKey">The key that its requests carried.</param>
/// <param name="Status">The HTTP status of the last answer, or null where there was none.</param>
/// <param name="Reason">Why it was given up, or null where the destination accepted it.</param>
/// <param name="Attempts">How many requests were sent.</param>
/// <param name="At">When the last request ended, in UTC.</param>
public sealed record DeliveryOutcome(string IdempotencyKey, int? Status, string? Reason, int Attempts, DateTime At);

/// <summary>
/// Delivers an event to its destination. Failures that may pass are retried, an unreachable destination is retried indefinitely, and other failures end the
/// delivery.
/// </summary>
public sealed class DeliveryRetrier
{
    private readonly Destination _destination;
    private readonly Webhook _webhook;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<DeliveryResult> _pipeline;

    public DeliveryRetrier(Destination destination, Webhook webhook, RetryDelays delays, TimeProvider time, FanoutLog log)
    {
        (_destination, _webhook, _time) = (destination, webhook, time);
        var builder = new ResiliencePipelineBuilder<DeliveryResult> { TimeProvider = time };
        // The outer retry: an unreachable destination says nothing about the event. Kafka is the buffer, so the delivery waits for the destination, and then
        // begins again with all of its attempts.
        builder.AddRetry(Backoff(delays, int.MaxValue, static result => result is DeliveryResult.Unreachable, LogUnreachable));
        if (destination.MaxAttempts > 1)
        {
            builder.AddRetry(Backoff(delays, destination.MaxAttempts - 1, static result => result is DeliveryResult.Retry, static _ => { }));
        }
        _pipeline = builder.Build();

        void LogUnreachable(OnRetryArguments<DeliveryResult> arguments) =>
            log.Unreachable(destination.Id, ((DeliveryResult.Unreachable)arguments.Outcome.Result!).Reason);
    }

    /// <exception cref="OperationCanceledException">Stopped before the delivery had ended.</exception>
    public async Task<DeliveryOutcome> DeliverAsync(IdentifiedEvent identified, string? traceParent, CancellationToken stopping)
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
            DeliveryResult.Delivered delivered => new DeliveryOutcome(request.IdempotencyKey, delivered.Status, null, attempts, at),
            DeliveryResult.Refused refused => new DeliveryOutcome(request.IdempotencyKey, refused.Status, refused.Reason, attempts, at),
            DeliveryResult.Retry last => new DeliveryOutcome(request.IdempotencyKey, last.Status, last.Reason, attempts, at),
            _ => throw new InvalidOperationException($"a delivery to {_destination.Id} ended with {result}"),
        };
    }

    private static RetryStrategyOptions<DeliveryResult> Backoff(
        RetryDelays delays, int retries, Func<DeliveryResult?, bool> isRetried, Action<OnRetryArguments<DeliveryResult>> onRetry) => new()
        {
            MaxRetryAttempts = retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = delays.First,
            MaxDelay = delays.Longest,
            ShouldHandle = arguments => ValueTask.FromResult(isRetried(arguments.Outcome.Result)),
            DelayGenerator = arguments => ValueTask.FromResult(RequestedDelay(arguments.Outcome.Result, delays.LongestRetryAfter)),
            OnRetry = arguments =>
            {
                onRetry(arguments);
                return ValueTask.CompletedTask;
            },
        };

    // Null: the destination has requested none, and the delay is that of the backoff.
    private static TimeSpan? RequestedDelay(DeliveryResult? result, TimeSpan longest)
    {
        if (result is not DeliveryResult.Retry { After: { } requested }) return null;
        return requested < longest ? requested : longest;
    }
}
