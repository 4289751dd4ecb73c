using Cdp.LocalKafka.Hosting;

namespace Cdp.LocalKafka.Transactions;

/// <summary>What the coordinator does on a timer.</summary>
internal sealed partial class TransactionCoordinator
{
    // Writing a marker fails, for example, on a full disk. The decision stands, so it is retried until it succeeds.
    private const long RetryMs = 1000;

    // Apache Kafka's producer.id.expiration.check.interval.ms.
    private const long ForgetProducersEveryMs = 10 * 60 * 1000;

    private Sweep[] Sweeps =>
    [
        new Sweep((long)_options.IdCleanupInterval.TotalMilliseconds, ForgetIds),
        new Sweep(ForgetProducersEveryMs, ForgetProducers),
    ];

    /// <summary>Aborts a transaction that has exceeded its timeout, or retries a decision that could not be carried out.</summary>
    private long Expire(Entry entry, long now)
    {
        lock (entry.Gate)
        {
            if (entry.Current is not { } current) return long.MaxValue;
            try
            {
                if (current.Deadline <= now) Save(entry, TransactionSteps.Fence(current, now));
                if (entry.Current.IsPrepared) Complete(entry);
                return entry.Current.Deadline;
            }
            catch (ObjectDisposedException)
            {
                return long.MaxValue; // The logs are closed, so the broker is stopping. The next start continues from what they contain.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No caller gets this error, so it is logged, but only once per id: the next attempts may fail as well.
                if (!entry.IsStuck) BrokerLog.TransactionStuck(_logger, current.TransactionalId, e);
                entry.IsStuck = true;
                return now + RetryMs;
            }
        }
    }

    private void ForgetIds(long now)
    {
        foreach (var entry in _byId.Values)
        {
            lock (entry.Gate)
            {
                if (entry.Current is not { } current || !current.IsExpired(now, _options.IdExpiration)) continue;
                try
                {
                    _log.Forget(current.TransactionalId);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    BrokerLog.ExpiryFailed(_logger, current.TransactionalId, e);
                    continue;
                }
                entry.IsForgotten = true;
                entry.Current = null;
                _byId.TryRemove(current.TransactionalId, out _);
            }
        }
    }

    private void ForgetProducers(long now)
    {
        foreach (var topic in _topics.All)
            foreach (var partition in topic.Partitions) partition.ForgetProducers(now, (long)_options.ProducerExpiration.TotalMilliseconds);
    }

    /// <summary>A periodic task.</summary>
    private sealed class Sweep(long everyMs, Action<long> act)
    {
        public long EveryMs { get; } = everyMs;

        /// <summary>Runs the task and returns when to run it again.</summary>
        public long Run(long now)
        {
            try
            {
                act(now);
                return now + EveryMs;
            }
            catch (ObjectDisposedException)
            {
                return long.MaxValue; // The logs are closed, so the broker is stopping.
            }
        }
    }
}
