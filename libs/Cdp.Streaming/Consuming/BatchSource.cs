using System.Diagnostics;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Consuming;

/// <summary>Polled records, and the ends of partitions that the reader reached after them.</summary>
internal sealed record Batch(IReadOnlyList<Raw> Records, IReadOnlyList<TopicPartitionOffset> Ends);

/// <summary>
/// The consumer of the loop: bounded batches, which partitions are owned and which were lost, and waiting without leaving the group. All members are called
/// from the thread of the loop; rebalances happen only inside <see cref="Poll"/> and <see cref="Await"/>.
/// </summary>
internal sealed class BatchSource : IDisposable
{
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);
    private const int MaxSkipped = 10_000;
    private static readonly TimeSpan LingerStep = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxPollGap = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StableTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NotReadyAfter = TimeSpan.FromSeconds(10);

    private readonly LoopContext _context;
    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly Action<IReadOnlyList<TopicPartition>> _revoked;
    private readonly Func<Headers?, bool> _skips;
    private readonly string[] _topics;
    private readonly HashSet<TopicPartition> _newlyAssigned = [];
    // Lost since the last poll returned. This concerns the batch that it returned, not records that arrive later.
    private readonly HashSet<TopicPartition> _lost = [];
    // The offset of each partition at which the current batch begins; after each commit, the next uncommitted offset.
    private readonly Dictionary<TopicPartition, Offset> _positions = [];
    private readonly ReadPositions _reading = new();
    // What the current poll has gathered, and what arrived while a task was awaited. Both drop the records of a revoked partition at once: the partition may
    // come back within the same call, at its committed offset, and the records that follow are valid.
    private List<Raw> _gathered = [];
    private Queue<Raw> _buffered = new();
    // True from the first poll of a wait until the next batch is polled.
    private bool _isPaused;
    private bool _isDisconnected;
    private long _polledAt = Stopwatch.GetTimestamp();
    // The member id under which the group assigned partitions. It changes once the group has expelled this member.
    private string? _memberId;
    private volatile TopicPartition[] _owned = [];

    /// <param name="context">The loop.</param>
    /// <param name="revoked">Called with the partitions that another member owns now.</param>
    /// <param name="skips">Whether a record with these headers needs no decision. Such records hardly count towards the size of a batch.</param>
    public BatchSource(LoopContext context, Action<IReadOnlyList<TopicPartition>> revoked, Func<Headers?, bool> skips)
    {
        (_context, _revoked, _skips) = (context, revoked, skips);
        var config = context.Kafka.Consumer(context.Options.Group);
        config.PartitionAssignmentStrategy = context.Options.CoPartitioned ? PartitionAssignmentStrategy.Range : PartitionAssignmentStrategy.CooperativeSticky;
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetPartitionsAssignedHandler((consumer, partitions) =>
            {
                HasJoined = true;
                _memberId = consumer.MemberId;
                _owned = [.. _owned.Union(partitions)];
                _newlyAssigned.UnionWith(partitions);
            })
            .SetPartitionsRevokedHandler((_, partitions) => Lose(partitions))
            .SetPartitionsLostHandler((_, partitions) =>
            {
                // Without a session this member owns nothing until the group assigns partitions again.
                HasJoined = false;
                LostSessions++;
                Lose(partitions);
            })
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, message) => context.Log.Client(message))
            .Build();
        _topics = [.. context.Options.Inputs.Select(context.NameOf)];
        _consumer.Subscribe(_topics);
    }

    /// <summary>Whether the group has assigned this member its partitions, which may be none. False again once the session is lost.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>How often this member has lost its session, and with it its membership in the group.</summary>
    public int LostSessions { get; private set; }

    /// <summary>
    /// Whether the client has lost the connection to every broker. It reconnects by itself but does not report that it has, so while the flag is set each call
    /// asks a broker.
    /// </summary>
    public bool IsDisconnected
    {
        get
        {
            if (!_isDisconnected) return false;
            // If Kafka is unavailable for longer than the session lasts, no partition is assigned any more.
            var any = _consumer.Assignment is [var assigned, ..] ? assigned : new TopicPartition(_topics[0], 0);
            try
            {
                _consumer.QueryWatermarkOffsets(any, QueryTimeout);
                return _isDisconnected = false;
            }
            catch (KafkaException)
            {
                return true;
            }
        }
    }

    /// <summary>The owned partitions. May be read by any thread.</summary>
    public IReadOnlyList<TopicPartition> Owned => _owned;

    /// <summary>The committed offset of every owned partition that has one: committing them again changes nothing, but is fenced.</summary>
    public IReadOnlyList<TopicPartitionOffset> CommittedOffsets() => [.. Ends.AllCommitted.Where(offset => _owned.Contains(offset.TopicPartition))];

    /// <summary>The ends of partitions that are not committed yet.</summary>
    public UncommittedEnds Ends { get; } = new();

    /// <summary>
    /// The membership that fences a commit. The client may leave or lose its group in the background and then names no member at all. Kafka does not fence such
    /// a request (KIP-447 lets it pass for old clients), so records that another member has processed meanwhile would be committed twice.
    /// </summary>
    /// <exception cref="TransactionAbortedException">The partitions are lost, but the loop has not seen the rebalance yet.</exception>
    public IConsumerGroupMetadata GroupMetadata()
    {
        var metadata = _consumer.ConsumerGroupMetadata;
        // Checked afterwards: an expelled member never gets its id back, so the membership was still valid when it was read.
        return _consumer.MemberId == _memberId ? metadata : throw new TransactionAbortedException("this member is no longer in its group");
    }

    /// <summary>Checks the assignment of a loop whose inputs are co-partitioned.</summary>
    /// <exception cref="InvalidOperationException">The inputs are co-partitioned, and the group has not assigned the same partitions of each.</exception>
    public void CheckCoPartitioning()
    {
        if (_context.Options.CoPartitioned && CoPartitioning.Mismatch(_topics, _consumer.Assignment) is { } mismatch)
            throw new InvalidOperationException(mismatch);
    }

    /// <summary>
    /// Waits briefly for a first record, then takes more until a bound of <see cref="StreamOptions"/> is reached or no more records are available.
    /// </summary>
    public Batch Poll()
    {
        if (_isPaused) _consumer.Resume(_consumer.Assignment);
        _isPaused = false;
        _positions.Clear();
        _gathered = [];
        var (bytes, since) = (0L, Stopwatch.GetTimestamp());
        var options = _context.Options;
        var wanted = 0;
        while (wanted < options.MaxRecords && _gathered.Count < MaxSkipped + options.MaxRecords && bytes < options.MaxBytes
            && (_gathered.Count == 0 || Stopwatch.GetElapsedTime(since) < options.MaxWait))
        {
            if (!_buffered.TryDequeue(out var result))
            {
                result = Consume(_gathered.Count == 0 ? IdleWait : TimeSpan.Zero);
                if (result is null && _gathered.Count > 0 && Stopwatch.GetElapsedTime(since) < options.Linger) result = Consume(LingerStep);
                if (result is null && (_gathered.Count == 0 || Stopwatch.GetElapsedTime(since) >= options.Linger)) break;
                if (result is null) continue;
            }
            if (_gathered.Count == 0) since = Stopwatch.GetTimestamp();
            _gathered.Add(result);
            if (result.IsPartitionEOF || !_skips(result.Message.Headers)) wanted++;
            bytes += result.IsPartitionEOF ? 0 : (result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0);
        }
        _lost.Clear();
        foreach (var result in _gathered) _positions.TryAdd(result.TopicPartition, result.Offset);
        return new Batch(
            [.. _gathered.Where(result => !result.IsPartitionEOF)],
            [.. _gathered.Where(result => result.IsPartitionEOF).Select(end => end.TopicPartitionOffset)]);
    }

    /// <summary>Polls for rebalances only, with all partitions paused, and returns an empty batch.</summary>
    public Batch PollNothing()
    {
        _positions.Clear();
        _gathered = [];
        _lost.Clear();
        Await(Task.Delay(IdleWait));
        return new Batch([], []);
    }

    /// <summary>The partitions assigned since the last call, whose hot state is not up to date yet.</summary>
    public IReadOnlyList<TopicPartition> TakeNewlyAssigned()
    {
        TopicPartition[] fresh = [.. _newlyAssigned];
        _newlyAssigned.Clear();
        return fresh;
    }

    /// <summary>
    /// Waits until no open transaction of a previous owner contains offsets of these partitions: only then does the group return their offsets (KIP-447). The
    /// records of such a transaction are in the log by then, so that a catch-up from the log afterwards misses none of them.
    /// </summary>
    /// <exception cref="KafkaException">Such a transaction is still open, or Kafka is unavailable.</exception>
    /// <exception cref="ForeignStateException">The committed offset of a partition lies behind its end.</exception>
    public void AwaitStable(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var committed in CallAndPoll(() => _consumer.Committed(partitions, StableTimeout)))
        {
            if (!_owned.Contains(committed.TopicPartition)) continue;
            if (committed.Offset.IsSpecial && _context.Options.Start is { } start)
            {
                Begin(committed.TopicPartition, committed.Topic == _topics[0] ? start : StartPosition.Earliest);
                continue;
            }
            Ends.Committed(committed);
            if (_reading.Begin(committed.TopicPartition, committed.Offset) is { } jump) HandleJump(committed.TopicPartition, jump);
        }
    }

    /// <summary>
    /// False once the partition was revoked after the batch was polled. This is final even if the partition has come back since: it came back at its committed
    /// offset, so its records will be read again, and writing the decisions of this batch would duplicate them.
    /// </summary>
    public bool IsOwned(TopicPartition partition) => !_lost.Contains(partition);

    /// <inheritdoc cref="IsOwned(TopicPartition)"/>
    public bool IsOwned(Raw record) => IsOwned(record.TopicPartition);

    /// <summary>
    /// Waits for a task of any length without leaving the group. Once the last poll was half a second ago, counted across waits, it pauses all partitions and
    /// keeps polling, so that rebalances are answered promptly and max.poll.interval.ms never expires.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="what">
    /// What the task waits for, as the readiness names it after ten seconds without progress. Null if the readiness is reported elsewhere.
    /// </param>
    /// <param name="progressedAt">The <see cref="Stopwatch"/> timestamp at which a part of the task last finished. Null if the task has no parts.</param>
    public void Await(Task task, string? what = null, Func<long>? progressedAt = null)
    {
        var started = Stopwatch.GetTimestamp();
        var untilNextPoll = MaxPollGap - Stopwatch.GetElapsedTime(_polledAt);
        if (untilNextPoll <= TimeSpan.Zero || Task.WaitAny([task], untilNextPoll) < 0)
        {
            _isPaused = true;
            do
            {
                _consumer.Pause(_consumer.Assignment);
                // Records may arrive of partitions that were assigned within this call, and are not paused yet.
                if (Consume(TimeSpan.Zero) is { } arrived) _buffered.Enqueue(arrived);
                var silence = Stopwatch.GetElapsedTime(Math.Max(started, progressedAt?.Invoke() ?? 0));
                if (what is not null && silence > NotReadyAfter) _context.OutageRetry.ReportWaiting(what, $"no answer for {silence.TotalSeconds:0} s");
            }
            while (Task.WaitAny([task], IdleWait) < 0);
        }
        task.GetAwaiter().GetResult();
    }

    /// <summary>Notes that these offsets, each the next to read, are committed.</summary>
    public void Committed(IEnumerable<TopicPartitionOffset> offsets)
    {
        foreach (var offset in offsets.Where(offset => IsOwned(offset.TopicPartition))) _positions[offset.TopicPartition] = offset.Offset;
    }

    /// <summary>Goes back to the committed offsets after an abort: to where the current batch began, or where its last commit ended.</summary>
    public void Rewind()
    {
        _buffered = new Queue<Raw>(_buffered.Where(held => !_positions.ContainsKey(held.TopicPartition)));
        foreach (var (partition, offset) in _positions)
        {
            _consumer.Seek(new TopicPartitionOffset(partition, offset));
            _reading.Seek(partition, offset);
        }
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    // Makes a call that may block, and polls meanwhile. If polling fails, the call still ends before the consumer is closed.
    private T CallAndPoll<T>(Func<T> call)
    {
        var calling = BlockingCalls.RunAsync(call);
        try
        {
            Await(calling);
        }
        finally
        {
            Task.WaitAny([calling]);
        }
        return calling.Result;
    }

    // Begins a partition for which the group has never committed an offset. What was polled of it may lie before the start, and is read again if it does not.
    private void Begin(TopicPartition partition, StartPosition start)
    {
        var offset = CallAndPoll(() => FindStart(partition, start));
        if (!_owned.Contains(partition)) return;
        _consumer.Seek(new TopicPartitionOffset(partition, offset));
        _reading.Seek(partition, offset);
        _lost.Add(partition);
        _positions.Remove(partition);
        _buffered = new Queue<Raw>(_buffered.Where(held => held.TopicPartition != partition));
        Ends.Begin(new TopicPartitionOffset(partition, offset));
    }

    private Offset FindStart(TopicPartition partition, StartPosition start)
    {
        var marks = _consumer.QueryWatermarkOffsets(partition, StableTimeout);
        if (start == StartPosition.Earliest) return marks.Low;
        if (start.Time is not { } time) return marks.High;
        var found = _consumer.OffsetsForTimes([new TopicPartitionTimestamp(partition, new Timestamp(time))], StableTimeout).Single().Offset;
        return found == Offset.End ? marks.High : found;
    }

    private Raw? Consume(TimeSpan wait)
    {
        _polledAt = Stopwatch.GetTimestamp();
        try
        {
            var result = _consumer.Consume(wait);
            if (result is not null && _reading.Read(result.TopicPartition, result.Offset.Value, result.IsPartitionEOF) is { } jump)
                HandleJump(result.TopicPartition, jump);
            return result;
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // For example a broker that is down or a topic that does not exist yet: the client continues by itself.
            _context.Log.ClientError(e.Error.Reason);
            return null;
        }
    }

    /// <summary>
    /// Handles a change of position. A jump back means that the log has lost processed records: which of the records it holds now have been processed is
    /// unknown, so an operator must choose where to continue. A jump forward means that retention deleted records before they were read; the loop continues
    /// after them.
    /// </summary>
    private void HandleJump(TopicPartition partition, Jump jump)
    {
        // From the last fetch response, so that it costs no request.
        var marks = _consumer.GetWatermarkOffsets(partition);
        if (jump.IsBack)
        {
            var group = _context.Kafka.TopicPrefix + _context.Options.Group;
            throw new ForeignStateException(
                $"group {group} must continue at offset {jump.Expected} of {partition}, but the log holds offsets {marks.Low} to {marks.High} and reading "
                + $"restarted at {jump.Found}: the topic was recreated, or lost records in an unclean leader election. "
                + "No record is processed a second time automatically. Stop all instances of the service, then set the group's offset. "
                + "To continue after everything that is left: "
                + $"kafka-consumer-groups.sh --bootstrap-server {_context.Kafka.BootstrapServers} --group {group} "
                + $"--topic {partition.Topic}:{partition.Partition.Value} --reset-offsets --to-latest --execute");
        }
        if (marks.Low.Value <= jump.Expected) return;
        _context.Log.Skipped(partition, jump.Expected, jump.Found);
        _context.Meters.Skipped(partition, jump.Found - jump.Expected);
    }

    private void OnError(Error error)
    {
        _isDisconnected |= error.Code == ErrorCode.Local_AllBrokersDown;
        _context.Log.ClientError(error.Reason);
    }

    private void Lose(IEnumerable<TopicPartitionOffset> partitions)
    {
        TopicPartition[] lost = [.. partitions.Select(partition => partition.TopicPartition)];
        // The client remembers a pause after the partition was revoked: a partition lost while paused would not be read when it comes back.
        if (_isPaused) _consumer.Resume(lost);
        _lost.UnionWith(lost);
        _newlyAssigned.ExceptWith(lost);
        _owned = [.. _owned.Except(lost)];
        Ends.Lost(lost);
        foreach (var partition in lost)
        {
            _positions.Remove(partition);
            _reading.Lost(partition);
        }
        _gathered.RemoveAll(result => lost.Contains(result.TopicPartition));
        _buffered = new Queue<Raw>(_buffered.Where(held => !lost.Contains(held.TopicPartition)));
        _revoked(lost);
    }
}
