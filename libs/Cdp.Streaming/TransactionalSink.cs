using System.Text;
using Confluent.Kafka;

namespace Cdp.Streaming;

/// <summary>The transaction was aborted; nothing of it is visible, and the input is to be read again from its committed offsets.</summary>
internal sealed class TransactionAbortedException(string reason) : Exception(reason);

/// <summary>A record that the client or the broker will never take, such as one larger than max.message.bytes. The transaction was aborted.</summary>
internal sealed class UnwritableRecordException(string reason) : Exception(reason);

/// <summary>
/// The producer's side of the loop: the outputs of a batch and its input offsets in one transaction (KIP-98, KIP-447).
/// A fatal error, such as being fenced by a successor, escapes as <see cref="KafkaException"/>: the process must end.
/// </summary>
internal sealed class TransactionalSink : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly AvroCodec _codec;
    private readonly string _prefix;
    private readonly Patience _patience;
    private Error? _refused;

    public TransactionalSink(KafkaOptions kafka, StreamOptions options, AvroCodec codec, Patience patience, StreamLog log)
    {
        var config = kafka.Producer();
        config.TransactionalId = $"{kafka.TopicPrefix}{options.Group}-{kafka.InstanceId}";
        // Short, because the open transaction of a crashed process holds back every committed reader until it times out.
        config.TransactionTimeoutMs = 15_000;
        config.LingerMs = 0;
        // Of a report only partition, offset and error are looked at, which it always has; headers would be read back one by one.
        config.DeliveryReportFields = "none";
        (_codec, _prefix, _patience) = (codec, kafka.TopicPrefix, patience);
        _producer = new ProducerBuilder<byte[]?, byte[]>(config)
            .SetErrorHandler((_, error) =>
            {
                // Told at once, from the client's own thread: a call of ours may stand still until the broker is back.
                if (error.Code == ErrorCode.Local_AllBrokersDown) patience.Waiting("Kafka", error.Reason);
                else log.ClientError(error.Reason);
            })
            .SetLogHandler((_, message) => log.Client(message))
            .Build();
    }

    /// <summary>Fences a predecessor of the same transactional id and aborts what it left open. Retriable while Kafka is away.</summary>
    public void Init() => _producer.InitTransactions(CallTimeout);

    /// <summary>Writes the records and commits the offsets, all or nothing.</summary>
    /// <exception cref="TransactionAbortedException">Nothing was written; read again.</exception>
    /// <exception cref="UnwritableRecordException">Nothing was written; a record can never be.</exception>
    public void Commit(IReadOnlyList<Outgoing> records, IReadOnlyList<TopicPartitionOffset> offsets, IConsumerGroupMetadata group)
    {
        _refused = null;
        try
        {
            _producer.BeginTransaction();
            foreach (var record in records) Send(record);
            Retry(() => _producer.SendOffsetsToTransaction(offsets, group, CallTimeout));
            Retry(() => _producer.CommitTransaction(CallTimeout));
        }
        catch (ProduceException<byte[]?, byte[]> e) when (!e.Error.IsFatal)
        {
            throw Aborted(e.Error);
        }
        catch (KafkaTxnRequiresAbortException e)
        {
            throw Aborted(e.Error);
        }
        catch (Exception e) when (e is not (KafkaException or OperationCanceledException))
        {
            // A record that cannot be encoded. Left open, the transaction would be in the way of the next one.
            Abort();
            throw;
        }
    }

    public void Dispose() => _producer.Dispose();

    private void Send(Outgoing record)
    {
        var message = new Message<byte[]?, byte[]> { Key = Keys.Bytes(record.Key), Value = _codec.Encode(record.Topic, record.Value) };
        if (record.TraceParent is { } trace) message.Headers = new Headers { { TraceHeader.Name, Encoding.ASCII.GetBytes(trace) } };
        var target = new TopicPartition(_prefix + record.Topic.Name, record.Partition ?? Partition.Any);
        while (true)
        {
            try
            {
                _producer.Produce(target, message, report =>
                {
                    if (IsUnwritable(report.Error)) _refused ??= report.Error;
                    (record.Partition, record.Offset) = (report.Partition.Value, report.Offset.Value);
                });
                return;
            }
            catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    // The refusal of an earlier record can show only as the client's taking no more of them: once aborted, every record has been answered for.
    private Exception Aborted(Error error)
    {
        Abort();
        var cause = _refused ?? error;
        return IsUnwritable(cause) ? new UnwritableRecordException(cause.Reason) : new TransactionAbortedException(cause.Reason);
    }

    private void Abort() => Retry(() => _producer.AbortTransaction(CallTimeout));

    // The client says which calls may be repeated as they are.
    private void Retry(Action call) => _patience.Until("Kafka", call, e => e is KafkaRetriableException);

    private static bool IsUnwritable(Error error) => error.Code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidRecord or ErrorCode.Local_InvalidArg;
}
