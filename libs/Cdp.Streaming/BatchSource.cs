using System.Diagnostics;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming;

/// <summary>Records as polled, and the ends of partitions that the reader reached behind them.</summary>
internal sealed record Batch(IReadOnlyList<Raw> Records, IReadOnlyList<TopicPartitionOffset> Ends);

/// <summary>
/// The consumer's side of the loop: bounded batches, what is owned and what was lost, and waiting without leaving the group.
/// All members are called from the loop's thread; rebalances happen only inside <see cref="Poll"/> and <see cref="Await"/>.
/// </summary>
internal sealed class BatchSource : IDisposable
{
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly StreamOptions _options;
    private readonly StreamLog _log;
    private readonly Action<IReadOnlyList<TopicPartition>> _revoked;
    private readonly Queue<Raw> _held = new();
    private readonly HashSet<TopicPartition> _fresh = [];
    private readonly HashSet<TopicPartition> _lost = [];
    private readonly Dictionary<TopicPartition, Offset> _positions = [];

    public BatchSource(KafkaOptions kafka, StreamOptions options, StreamLog log, Action<IReadOnlyList<TopicPartition>> revoked)
    {
        _options = options;
        _log = log;
        _revoked = revoked;
        var config = kafka.Consumer(options.Group);
        config.PartitionAssignmentStrategy = options.CoPartitioned ? PartitionAssignmentStrategy.Range : PartitionAssignmentStrategy.CooperativeSticky;
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((_, partitions) => _fresh.UnionWith(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => Lose(partitions))
            .SetPartitionsLostHandler((_, partitions) => Lose(partitions))
            .SetErrorHandler((_, error) => log.ClientError(error.Reason))
            .SetLogHandler((_, message) => log.Client(message))
            .Build();
        _consumer.Subscribe(options.Inputs.Select(topic => kafka.TopicPrefix + topic.Name));
    }

    /// <summary>True once the group's coordinator knows this member.</summary>
    public bool HasJoined => !string.IsNullOrEmpty(_consumer.MemberId);

    public IConsumerGroupMetadata GroupMetadata => _consumer.ConsumerGroupMetadata;

    /// <summary>Records not yet read from the partitions that are owned, as far as the last fetch knew.</summary>
    public long Lag => _consumer.Assignment.Sum(partition =>
    {
        var (high, position) = (_consumer.GetWatermarkOffsets(partition).High, _consumer.Position(partition));
        return high == Offset.Unset || position == Offset.Unset ? 0 : Math.Max(0, high.Value - position.Value);
    });

    /// <summary>Waits for a first record, then takes what is there until a bound of <see cref="StreamOptions"/> is met or nothing more is waiting.</summary>
    public Batch Poll()
    {
        var (records, ends, bytes) = (new List<Raw>(), new List<TopicPartitionOffset>(), 0L);
        _lost.Clear();
        _positions.Clear();
        for (var since = Stopwatch.GetTimestamp(); records.Count < _options.MaxRecords && bytes < _options.MaxBytes && Stopwatch.GetElapsedTime(since) < _options.MaxWait;)
        {
            if (!_held.TryDequeue(out var result) && (result = Consume(records.Count + ends.Count == 0 ? IdleWait : TimeSpan.Zero)) is null) break;
            if (records.Count + ends.Count == 0) since = Stopwatch.GetTimestamp();
            if (result.IsPartitionEOF)
            {
                ends.Add(result.TopicPartitionOffset);
                continue;
            }
            records.Add(result);
            bytes += (result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0);
            _positions.TryAdd(result.TopicPartition, result.Offset);
        }
        return new Batch(records, ends);
    }

    /// <summary>The partitions assigned since the last call, whose hot state has not been caught up yet.</summary>
    public IReadOnlyList<TopicPartition> TakeFresh()
    {
        TopicPartition[] fresh = [.. _fresh];
        _fresh.Clear();
        return fresh;
    }

    /// <summary>
    /// False once the partition was revoked after the batch was polled. Revoked is final, even if the partition came back meanwhile: it came back at
    /// its committed offset, so its records will be read again, and writing this batch's decisions on them would double them.
    /// </summary>
    public bool IsOwned(TopicPartition partition) => !_lost.Contains(partition);

    /// <inheritdoc cref="IsOwned(TopicPartition)"/>
    public bool IsOwned(Raw record) => IsOwned(record.TopicPartition);

    /// <summary>
    /// Waits for a task of any length without leaving the group: past a short patience everything is paused and polling goes on, so that
    /// max.poll.interval.ms never expires and rebalances are answered.
    /// </summary>
    public void Await(Task task)
    {
        if (Task.WaitAny([task], Patience) < 0)
        {
            while (!task.IsCompleted)
            {
                _consumer.Pause(_consumer.Assignment);
                if (Consume(IdleWait) is { } arrived) _held.Enqueue(arrived);
            }
            _consumer.Resume(_consumer.Assignment);
        }
        task.GetAwaiter().GetResult();
    }

    /// <summary>These offsets, the next to read, are committed.</summary>
    public void Committed(IEnumerable<TopicPartitionOffset> offsets)
    {
        foreach (var offset in offsets) _positions[offset.TopicPartition] = offset.Offset;
    }

    /// <summary>After an abort: back to the committed offsets, which for what was polled are where the batch began or its last commit ended.</summary>
    public void Rewind()
    {
        Raw[] keep = [.. _held.Where(held => !_positions.ContainsKey(held.TopicPartition))];
        _held.Clear();
        foreach (var held in keep) _held.Enqueue(held);
        foreach (var (partition, offset) in _positions)
        {
            if (IsOwned(partition) && _consumer.Assignment.Contains(partition)) _consumer.Seek(new TopicPartitionOffset(partition, offset));
        }
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    private Raw? Consume(TimeSpan wait)
    {
        try
        {
            return _consumer.Consume(wait);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // Such as a broker that went away or a topic not created yet: the client goes on by itself.
            _log.ClientError(e.Error.Reason);
            return null;
        }
    }

    private void Lose(IEnumerable<TopicPartitionOffset> partitions)
    {
        TopicPartition[] lost = [.. partitions.Select(partition => partition.TopicPartition)];
        _lost.UnionWith(lost);
        _fresh.ExceptWith(lost);
        Raw[] keep = [.. _held.Where(held => !lost.Contains(held.TopicPartition))];
        _held.Clear();
        foreach (var held in keep) _held.Enqueue(held);
        _revoked(lost);
    }
}
