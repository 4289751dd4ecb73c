using Cdp.LocalKafka.Server;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Log;

/// <summary>Looks after all logs every so often: retention, flushes that are due, checkpoints. One round at a time; a log that fails is tried again in the next.</summary>
internal sealed class LogMaintenance : IAsyncDisposable
{
    private readonly TopicStore _topics;
    private readonly TimeSpan _interval;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private volatile bool _stopped;

    public LogMaintenance(TopicStore topics, TimeProvider time, TimeSpan interval, ILogger logger)
    {
        _topics = topics;
        _interval = interval;
        _logger = logger;
        _timer = time.CreateTimer(_ => Round(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm();
    }

    /// <summary>Returns when nothing is being done any more.</summary>
    public ValueTask DisposeAsync()
    {
        _stopped = true;
        return _timer.DisposeAsync();
    }

    private void Round()
    {
        foreach (var topic in _topics.All)
            foreach (var partition in topic.Partitions)
                if (!_stopped) LookAfter(topic.Name, partition);
        Arm();
    }

    private void LookAfter(string topic, PartitionLog log)
    {
        try
        {
            log.Expire();
            log.FlushIfDue();
            log.SaveIfGrown();
        }
        catch (ObjectDisposedException)
        {
            // Closed under a flush, with its topic or with the broker.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            BrokerLog.MaintenanceFailed(_logger, topic, log.Partition, e.Message);
        }
    }

    // The next round comes sooner when a topic's flush.ms wants it.
    private void Arm()
    {
        if (_stopped) return;
        var soonest = _topics.All.SelectMany(topic => topic.Partitions).Min(log => (long?)log.FlushMs) ?? long.MaxValue;
        var wait = Math.Clamp(soonest, 1, (long)_interval.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }
}
