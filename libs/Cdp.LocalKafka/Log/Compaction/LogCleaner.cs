using Cdp.LocalKafka.Server;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// Cleans the logs of compacted topics every so often, the dirtiest first (Kafka's LogCleaner, with one thread). It has a timer of its own, for
/// a large log takes long and the rounds of <see cref="LogMaintenance"/> go on meanwhile.
/// </summary>
internal sealed class LogCleaner : IAsyncDisposable
{
    private readonly TopicStore _topics;
    private readonly TimeSpan _interval;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();

    public LogCleaner(TopicStore topics, TimeProvider time, TimeSpan interval, ILogger logger)
    {
        _topics = topics;
        _interval = interval;
        _logger = logger;
        _timer = time.CreateTimer(_ => Round(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm();
    }

    /// <summary>Gives up what is being cleaned and returns when that is done; the log is as it was.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void Round()
    {
        var due =
            from topic in _topics.All
            from log in topic.Partitions
            let cleanability = log.Cleanability
            where cleanability is { IsDue: true }
            orderby cleanability.Value.DirtyRatio descending
            select (topic.Name, log);
        foreach (var (topic, log) in due)
            if (!_stop.IsCancellationRequested) Clean(topic, log);
        Arm();
    }

    private void Clean(string topic, PartitionLog log)
    {
        try
        {
            log.Clean(step => step.Run(), _stop.Token);
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // Closed meanwhile, with its topic or with the broker.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            BrokerLog.CompactionFailed(_logger, topic, log.Partition, e.Message);
        }
    }

    private void Arm()
    {
        if (!_stop.IsCancellationRequested) _timer.Change(_interval, Timeout.InfiniteTimeSpan);
    }
}
