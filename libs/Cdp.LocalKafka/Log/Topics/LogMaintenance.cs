using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Partitions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Log.Topics;

/// <summary>
/// Periodically applies retention, due flushes and checkpoints to all logs. Rounds do not overlap. A log that fails is tried again in the next round.
/// </summary>
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
        _timer = time.CreateTimer(_ => MaintainAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm();
    }

    /// <summary>Stops after the current round and waits for it to end.</summary>
    public ValueTask DisposeAsync()
    {
        _stopped = true;
        return _timer.DisposeAsync();
    }

    private void MaintainAll()
    {
        foreach (var topic in _topics.All)
            foreach (var partition in topic.Partitions)
                if (!_stopped) Maintain(topic.Name, partition);
        Arm();
    }

    private void Maintain(string topic, PartitionLog log)
    {
        try
        {
            log.Expire();
            log.FlushIfDue();
            log.SaveIfGrown();
        }
        catch (ObjectDisposedException)
        {
            // The log was closed during a flush, with its topic or with the broker.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            BrokerLog.MaintenanceFailed(_logger, topic, log.Partition, e.Message);
        }
    }

    // The next round comes earlier if a topic's flush.ms requires it.
    private void Arm()
    {
        if (_stopped) return;
        var soonest = _topics.All.SelectMany(topic => topic.Partitions).Min(log => (long?)log.FlushMs) ?? long.MaxValue;
        var wait = Math.Clamp(soonest, 1, (long)_interval.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }
}
