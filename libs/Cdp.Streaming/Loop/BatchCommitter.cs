using System.Diagnostics;
using Cdp.Contracts;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Loop;

/// <summary>
/// Commits a batch in one transaction: the outputs of its decisions, the dead letters of the records that were given up, and the offsets of all records.
/// </summary>
internal sealed class BatchCommitter(LoopContext context, BatchSource source, TransactionalSink sink)
{
    /// <summary>Commits a batch.</summary>
    /// <exception cref="TransactionAbortedException">Nothing was written; read the input again.</exception>
    /// <exception cref="UnwritableRecordException">Nothing was written; an output can never be written.</exception>
    /// <exception cref="DeadLetterRefusedException">Nothing was written; a dead letter can never be written.</exception>
    public void Commit(Outbox outbox, IReadOnlyList<Raw> records, IReadOnlyList<(Raw Record, Exception Error)> dead)
    {
        var started = Stopwatch.GetTimestamp();
        var offsets = new Dictionary<TopicPartition, Offset>();
        foreach (var record in records) offsets[record.TopicPartition] = record.Offset + 1;
        TopicPartitionOffset[] next = [.. offsets.Select(offset => new TopicPartitionOffset(offset.Key, offset.Value))];
        // To commit the ends of other partitions as well costs nothing here.
        TopicPartitionOffset[] all = source.Ends.Count == 0 ? next : [.. next, .. source.Ends.Except(offsets)];
        if (dead.Count == 0) Commit(outbox.Records, all);
        else CommitWithLetters(outbox, dead, all);
        source.Committed(next);
        var oldest = records.Min(record => record.Message.Timestamp.UtcDateTime);
        context.Meters.Committed(records.Count, outbox.Records.Count + dead.Count, started, oldest, context.Now);
        foreach (var (record, error) in dead)
        {
            context.Log.DeadLettered(record.Topic, record.Partition.Value, record.Offset.Value, error.GetType().Name);
            context.Meters.DeadLettered();
        }
    }

    /// <summary>Commits outputs that no record causes. The offsets of all owned partitions go with them, because only offsets are fenced (KIP-447).</summary>
    /// <exception cref="TransactionAbortedException">Nothing was written.</exception>
    /// <exception cref="UnwritableRecordException">Nothing was written; an output can never be written.</exception>
    public void CommitDueWork(Outbox outbox)
    {
        var started = Stopwatch.GetTimestamp();
        Commit(outbox.Records, source.CommittedOffsets());
        context.Meters.Committed(0, outbox.Records.Count, started, context.Now, context.Now);
    }

    /// <summary>Commits the ends that no batch has committed, in a transaction without outputs.</summary>
    /// <exception cref="TransactionAbortedException">Nothing was committed.</exception>
    public void CommitEnds() => Commit([], [.. source.Ends.Except(new Dictionary<TopicPartition, Offset>())]);

    /// <summary>The exception that ends the loop if the dead letter of a record cannot be written.</summary>
    public DeadLetterRefusedException Refused(Raw record, Exception error) => new(
        $"the dead letter of {record.TopicPartitionOffset} is refused: {error.Message}; the topic {context.NameOf(Topics.Dead)} must exist, "
        + $"be writable for this service and have max.message.bytes={SizeLimits.Topic}",
        error);

    /// <summary>Commits the dead letters with the outputs. If the dead topic accepts less than configured, they are sent again without values.</summary>
    private void CommitWithLetters(Outbox outbox, IReadOnlyList<(Raw Record, Exception Error)> dead, IReadOnlyList<TopicPartitionOffset> next)
    {
        var letters = Letters(SizeLimits.DeadLetter);
        try
        {
            Commit([.. outbox.Records, .. letters], next);
        }
        catch (UnwritableRecordException e) when (IsLetter(e))
        {
            letters = Letters(DeadLetters.SmallLetter);
            try
            {
                Commit([.. outbox.Records, .. letters], next);
            }
            catch (UnwritableRecordException again) when (IsLetter(again))
            {
                throw Refused(dead[0].Record, again);
            }
        }

        Outgoing[] Letters(int limit) => [.. dead.Select(record =>
            DeadLetters.Of(record.Record, context.Options.Service, record.Error, context.Now, limit, letter => letter.Encode(context.Codec)!.Length))];
        // A refusal that names no record may concern any output. The batch is then halved, until only a letter can be meant.
        bool IsLetter(UnwritableRecordException e) => e.Record is null ? outbox.Records.Count == 0 : letters.Contains(e.Record);
    }

    private void Commit(IReadOnlyList<Outgoing> records, IReadOnlyList<TopicPartitionOffset> next)
    {
        sink.Commit(records, next, source.GroupMetadata());
        // There may have been a rebalance while the commit was retried. To commit the offset of a lost partition again would reset what its owner commits.
        foreach (var committed in next.Where(offset => source.Owned.Contains(offset.TopicPartition) && source.IsOwned(offset.TopicPartition)))
            source.Ends.Committed(committed);
    }
}
