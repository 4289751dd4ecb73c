using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>Decides what follows an attempt. Pure.</summary>
internal static class RetryPolicy
{
    // After the first, the second and the third failure. Each further delay is twice as long as the one before.
    private static readonly TimeSpan[] FirstDelays = [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10)];
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>The outcome of an attempt.</summary>
    /// <param name="settings">The settings of the destination.</param>
    /// <param name="result">The result of the attempt.</param>
    /// <param name="attempts">The number of attempts, this one included.</param>
    /// <param name="parkedAt">When the wait of the event began; null if it has not waited yet.</param>
    /// <param name="now">The time, in UTC.</param>
    /// <param name="jitter">A random number from 0 to 1, so that events that failed together do not retry together.</param>
    public static Outcome Decide(
        DeliverySettings settings, DeliveryResult result, int attempts, DateTime? parkedAt, DateTime now, double jitter) => result switch
        {
            DeliveryResult.Delivered delivered => new Outcome.Delivered(delivered.Status, attempts, now),
            DeliveryResult.Refused refused => new Outcome.Dead(refused.Status, refused.Reason, attempts, now),
            DeliveryResult.Retry retry when attempts >= settings.MinAttempts && now - (parkedAt ?? now) >= settings.RetryWindow =>
                new Outcome.Dead(retry.Status, retry.Reason, attempts, now),
            DeliveryResult.Retry retry => new Outcome.Parked(retry.Status, retry.Reason, attempts, now + Delay(attempts, retry.After, jitter)),
            DeliveryResult.Unreachable unreachable => new Outcome.Parked(null, unreachable.Reason, attempts, now + Delay(attempts, null, jitter)),
            _ => throw new InvalidOperationException($"unknown result {result}"),
        };

    private static TimeSpan Delay(int attempts, TimeSpan? requested, double jitter)
    {
        var index = Math.Max(attempts, 1) - 1;
        var delay = index < FirstDelays.Length ? FirstDelays[index] : FirstDelays[^1] * Math.Pow(2, Math.Min(index - FirstDelays.Length + 1, 20));
        if (delay > LongestDelay) delay = LongestDelay;
        delay *= 1 + (0.2 * jitter);
        if (requested is not { } after || after <= delay) return delay;
        return after < LongestRetryAfter ? after : LongestRetryAfter;
    }
}
