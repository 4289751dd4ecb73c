using Cdp.Streaming.Clients;
using Cdp.Streaming.Observability;
using Confluent.Kafka;

namespace Cdp.Streaming.Consuming;

/// <summary>
/// Observes the lag of the owned partitions from outside the loop, with a thread and a client of its own: committed offsets, ends, and the timestamp of the
/// first uncommitted record. So the lag is right even when the loop is stuck, or has not read anything yet.
/// </summary>
internal sealed class LagProbe : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly LoopContext _context;
    private readonly Func<IReadOnlyList<TopicPartition>> _owned;
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Thread _thread;

    public LagProbe(LoopContext context, Func<IReadOnlyList<TopicPartition>> owned)
    {
        (_context, _owned) = (context, owned);
        _thread = new Thread(Run) { IsBackground = true, Name = $"lag of {context.Options.Group}" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stopped.Set();
        // A call to Kafka may last longer than a stop should. The thread then ends by itself later, and changes nothing any more.
        _thread.Join(TimeSpan.FromSeconds(1));
    }

    private void Run()
    {
        IConsumer<Ignore, Ignore>? consumer = null;
        IReadOnlyList<Lag> last = [];
        for (var pause = FirstAfter; !_stopped.Wait(pause); pause = Interval)
        {
            try
            {
                consumer ??= Client();
                _context.Meters.Observed(last = [.. Observe(consumer, _owned(), last)]);
            }
            // An exception that escapes a thread ends the process, and this thread only observes.
            catch (Exception e)
            {
                // The last observation stays in force, so that the lag of a stuck loop keeps growing.
                _context.Log.ClientError(e.Message);
                consumer?.Dispose();
                consumer = null;
            }
        }
        consumer?.Dispose();
    }

    private IConsumer<Ignore, Ignore> Client()
    {
        var config = _context.Kafka.Consumer(_context.Options.Group);
        // A transaction that hangs holds back the loop: its records count as waiting.
        config.IsolationLevel = IsolationLevel.ReadUncommitted;
        // Only one record of each partition is read, and a broker sends at least the first batch, however large.
        (config.MaxPartitionFetchBytes, config.QueuedMinMessages) = (1, 1);
        return new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler(KafkaClients.Silence).Build();
    }

    /// <summary>The lag of each partition. If a partition is behind and returns no record, its first record is the one observed last.</summary>
    private List<Lag> Observe(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> owned, IReadOnlyList<Lag> last)
    {
        if (owned.Count == 0) return [];
        var behind = new Dictionary<TopicPartition, (long Position, long End)>();
        foreach (var committed in consumer.Committed(owned, CallTimeout))
        {
            var marks = consumer.QueryWatermarkOffsets(committed.TopicPartition, CallTimeout);
            var position = Math.Max(committed.Offset.IsSpecial ? 0 : committed.Offset.Value, marks.Low.Value);
            if (position < marks.High.Value) behind[committed.TopicPartition] = (position, marks.High.Value);
        }
        var first = behind.Count == 0 ? [] : ReadFirst(consumer, behind);
        return [.. owned.Select(partition => (behind.TryGetValue(partition, out var range), first.TryGetValue(partition, out var record)) switch
        {
            (false, _) => new Lag(partition, 0, null, _context.Now),
            (true, true) when record is null => new Lag(partition, 0, null, _context.Now),
            (true, true) => new Lag(partition, range.End - record!.Offset.Value, record.Message.Timestamp.UtcDateTime, _context.Now),
            _ => new Lag(partition, range.End - range.Position, last.FirstOrDefault(lag => lag.Partition == partition)?.Oldest, _context.Now),
        })];
    }

    /// <summary>The first record of each partition at or after its position; null if only markers follow. A partition that did not answer is missing.</summary>
    private static Dictionary<TopicPartition, ConsumeResult<Ignore, Ignore>?> ReadFirst(
        IConsumer<Ignore, Ignore> consumer, Dictionary<TopicPartition, (long Position, long End)> behind)
    {
        var first = new Dictionary<TopicPartition, ConsumeResult<Ignore, Ignore>?>();
        consumer.Assign(behind.Select(partition => new TopicPartitionOffset(partition.Key, partition.Value.Position)));
        try
        {
            while (first.Count < behind.Count && consumer.Consume(CallTimeout) is { } result)
                first.TryAdd(result.TopicPartition, result.IsPartitionEOF ? null : result);
        }
        finally
        {
            consumer.Unassign();
        }
        return first;
    }
}
