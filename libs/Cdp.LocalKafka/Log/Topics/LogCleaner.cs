using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Partitions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Log.Topics;

/// <summary>
/// Periodically cleans the logs of compacted topics, the dirtiest first (Kafka's LogCleaner with one thread). It has its own timer, so that
/// <see cref="LogMaintenance"/> is not delayed while a large log is cleaned.
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
        _timer = time.CreateTimer(_ => CleanAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm();
    }

    /// <summary>Cancels the cleaning in progress and waits for it to end. The log that was being cleaned is unchanged.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void CleanAll()
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
            // The log was closed meanwhile, with its topic or with the broker.
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
