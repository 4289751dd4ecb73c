using System.Diagnostics;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>Bounds a wait that the client leaves unbounded: for a partition without a leader it would wait forever, unnoticed.</summary>
internal static class BoundedConsume
{
    // Must exceed 15 s, the time for which the open transaction of a crashed process may block a reader of committed records.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>The next record, or the end of a partition.</summary>
    /// <param name="consumer">A consumer with partitions assigned.</param>
    /// <param name="timeout">How long to wait; 30 seconds if null.</param>
    /// <param name="stopping">Cancels the wait.</param>
    /// <exception cref="KafkaException">Kafka is unavailable, or did not answer in time.</exception>
    public static ConsumeResult<TKey, TValue> ConsumeWithin<TKey, TValue>(this IConsumer<TKey, TValue> consumer, TimeSpan? timeout, CancellationToken stopping)
    {
        var (bound, started) = (timeout ?? DefaultTimeout, Stopwatch.GetTimestamp());
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (consumer.Consume(Step) is { } result) return result;
            if (Stopwatch.GetElapsedTime(started) <= bound) continue;
            var partitions = string.Join(", ", consumer.Assignment);
            var reason = $"{partitions} did not answer for {bound.TotalSeconds:0.#} s; check that the partition has a leader";
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, reason));
        }
    }
}
