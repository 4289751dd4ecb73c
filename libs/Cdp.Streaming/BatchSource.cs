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
    private static readonly TimeSpan StableTimeout = TimeSpan.FromSeconds(5);

    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly StreamOptions _options;
    private readonly StreamLog _log;
    private readonly Action<IReadOnlyList<TopicPartition>> _revoked;
    private readonly HashSet<TopicPartition> _fresh = [];
    // Lost since the last poll returned; concerns the batch it returned, not what arrives afterwards.
    private readonly HashSet<TopicPartition> _lost = [];
    // Where the batch at hand begins, per partition; after each commit, where it goes on.
    private readonly Dictionary<TopicPartition, Offset> _positions = [];
    // What a poll under way has gathered, and what arrived while a task was awaited. Both give up what a rebalance takes away, at once: the same
    // partition may come back within the same call, at its committed offset, and those records are good.
    private List<Raw> _gathered = [];
    private Queue<Raw> _held = new();
    private bool _isPaused;
    private bool _isAway;

    public BatchSource(KafkaOptions kafka, StreamOptions options, StreamLog log, Action<IReadOnlyList<TopicPartition>> revoked)
    {
        _options = options;
        _log = log;
        _revoked = revoked;
        var config = kafka.Consumer(options.Group);
        config.PartitionAssignmentStrategy = options.CoPartitioned ? PartitionAssignmentStrategy.Range : PartitionAssignmentStrategy.CooperativeSticky;
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((_, partitions) =>
            {
                HasJoined = true;
                _fresh.UnionWith(partitions);
            })
            .SetPartitionsRevokedHandler((_, partitions) => Lose(partitions))
            .SetPartitionsLostHandler((_, partitions) => Lose(partitions))
            .SetErrorHandler((_, error) => Note(error))
            .SetLogHandler((_, message) => log.Client(message))
            .Build();
        _consumer.Subscribe(options.Inputs.Select(topic => kafka.TopicPrefix + topic.Name));
    }

    /// <summary>True once the group has given this member its share, which may be none.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>
    /// Whether the client has lost every broker. It reconnects by itself but does not tell when it has, so while it is away each call asks a broker.
    /// </summary>
    public bool IsAway
    {
        get
        {
            if (!_isAway || _consumer.Assignment is not [var any, ..]) return _isAway = false;
            try
            {
                _consumer.QueryWatermarkOffsets(any, Patience);
                return _isAway = false;
            }
            catch (KafkaException)
            {
                return true;
            }
        }
    }

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
        _positions.Clear();
        _gathered = [];
        var (bytes, since) = (0L, Stopwatch.GetTimestamp());
        while (_gathered.Count < _options.MaxRecords && bytes < _options.MaxBytes && (_gathered.Count == 0 || Stopwatch.GetElapsedTime(since) < _options.MaxWait))
        {
            if (!_held.TryDequeue(out var result) && (result = Consume(_gathered.Count == 0 ? IdleWait : TimeSpan.Zero)) is null) break;
            if (_gathered.Count == 0) since = Stopwatch.GetTimestamp();
            _gathered.Add(result);
            bytes += result.IsPartitionEOF ? 0 : (result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0);
        }
        _lost.Clear();
        foreach (var result in _gathered) _positions.TryAdd(result.TopicPartition, result.Offset);
        return new Batch([.. _gathered.Where(result => !result.IsPartitionEOF)], [.. _gathered.Where(result => result.IsPartitionEOF).Select(end => end.TopicPartitionOffset)]);
    }

    /// <summary>The partitions assigned since the last call, whose hot state has not been caught up yet.</summary>
    public IReadOnlyList<TopicPartition> TakeFresh()
    {
        TopicPartition[] fresh = [.. _fresh];
        _fresh.Clear();
        return fresh;
    }

    /// <summary>
    /// Waits until no transaction of a previous owner holds offsets of these partitions: the group answers for them only then (KIP-447). What such a
    /// transaction writes is in the log by then, so whoever catches up from the log afterwards misses nothing of it.
    /// </summary>
    /// <exception cref="KafkaException">It is still open, or Kafka is away.</exception>
    public void AwaitStable(IEnumerable<TopicPartition> partitions) => _consumer.Committed(partitions, StableTimeout);

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
            _isPaused = true;
            while (!task.IsCompleted)
            {
                _consumer.Pause(_consumer.Assignment);
                if (Consume(IdleWait) is { } arrived) _held.Enqueue(arrived);
            }
            _consumer.Resume(_consumer.Assignment);
            _isPaused = false;
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
        _held = new Queue<Raw>(_held.Where(held => !_positions.ContainsKey(held.TopicPartition)));
        foreach (var (partition, offset) in _positions) _consumer.Seek(new TopicPartitionOffset(partition, offset));
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

    private void Note(Error error)
    {
        _isAway |= error.Code == ErrorCode.Local_AllBrokersDown;
        _log.ClientError(error.Reason);
    }

    private void Lose(IEnumerable<TopicPartitionOffset> partitions)
    {
        TopicPartition[] lost = [.. partitions.Select(partition => partition.TopicPartition)];
        // The client remembers a pause beyond the assignment: a partition that left paused would stand still when it comes back.
        if (_isPaused) _consumer.Resume(lost);
        _lost.UnionWith(lost);
        _fresh.ExceptWith(lost);
        foreach (var partition in lost) _positions.Remove(partition);
        _gathered.RemoveAll(result => lost.Contains(result.TopicPartition));
        _held = new Queue<Raw>(_held.Where(held => !lost.Contains(held.TopicPartition)));
        _revoked(lost);
    }
}
