using Cdp.LocalKafka.Server;

namespace Cdp.LocalKafka.Transactions;

/// <summary>What the coordinator does on its own, by the clock.</summary>
internal sealed partial class TransactionCoordinator
{
    // After a marker could not be written, the disk may be full: the decision stands, and is tried again until it is carried out.
    private const long RetryMs = 1000;

    // Apache Kafka's transaction.remove.expired.transaction.cleanup.interval.ms and producer.id.expiration.check.interval.ms.
    private const long ForgetIdsEveryMs = 60 * 60 * 1000;
    private const long ForgetProducersEveryMs = 10 * 60 * 1000;

    private Sweep[] Sweeps => [new Sweep(ForgetIdsEveryMs, ForgetIds), new Sweep(ForgetProducersEveryMs, ForgetProducers)];

    /// <summary>Aborts a transaction that is open for too long, or goes on with what could not be carried out.</summary>
    private long Expire(Entry entry, long now)
    {
        lock (entry.Gate)
        {
            if (entry.Current is not { } current) return long.MaxValue;
            try
            {
                if (current.Deadline <= now) Enter(entry, TransactionSteps.Fence(current, now));
                if (entry.Current.IsPrepared) Complete(entry);
                return entry.Current.Deadline;
            }
            catch (ObjectDisposedException)
            {
                return long.MaxValue; // The logs are closed, so the broker stops; the next start goes on from what they hold.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // On a timer nobody could be told, so it is logged: once, for the next second may fail as well.
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

    /// <summary>Something done every so often.</summary>
    private sealed class Sweep(long everyMs, Action<long> act)
    {
        public long EveryMs { get; } = everyMs;

        /// <summary>Returns when to do it again.</summary>
        public long Run(long now)
        {
            try
            {
                act(now);
                return now + EveryMs;
            }
            catch (ObjectDisposedException)
            {
                return long.MaxValue; // The logs are closed, so the broker stops.
            }
        }
    }
}
