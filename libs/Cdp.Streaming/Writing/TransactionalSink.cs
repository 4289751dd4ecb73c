using System.Text;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Streaming.Writing;

/// <summary>
/// The producer of the loop: writes the outputs of a batch and commits its input offsets in one transaction (KIP-98, KIP-447). A fatal error, such as being
/// fenced by a successor, is thrown as <see cref="KafkaException"/>: the process must end.
/// </summary>
internal sealed class TransactionalSink : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly Func<IProducer<byte[]?, byte[]?>> _build;
    private readonly AvroCodec _codec;
    private readonly string _prefix;
    private readonly OutageRetry _outageRetry;
    private IProducer<byte[]?, byte[]?> _producer;
    private UnwritableRecordException? _refused;
    private bool _isRefusedByBroker;

    public TransactionalSink(KafkaOptions kafka, string group, AvroCodec codec, OutageRetry outageRetry, StreamLog log)
    {
        var config = kafka.Producer(producer =>
        {
            // Short, because the open transaction of a crashed process holds back every reader of committed records until it times out.
            producer.TransactionTimeoutMs = 15_000;
            producer.LingerMs = 0;
        });
        config.TransactionalId = $"{kafka.TopicPrefix}{group}-{kafka.InstanceId}";
        // Only the partition, offset and error of a report are needed, and every report has them. Headers would be read back one by one.
        config.DeliveryReportFields = "none";
        (_codec, _prefix, _outageRetry) = (codec, kafka.TopicPrefix, outageRetry);
        _build = () => new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetErrorHandler((_, error) =>
            {
                // Reported at once, from the thread of the client: a call may block until the broker is back.
                if (error.Code == ErrorCode.Local_AllBrokersDown) outageRetry.ReportWaiting("Kafka", error.Reason);
                else log.ClientError(error.Reason);
            })
            .SetLogHandler((_, message) => log.Client(message))
            .Build();
        _producer = _build();
    }

    /// <summary>Fences a predecessor with the same transactional id and aborts its open transaction. Can be retried while Kafka is unavailable.</summary>
    public void Init() => _producer.InitTransactions(CallTimeout);

    /// <summary>Replaces a producer whose transactions can no longer succeed. <see cref="Init"/> must follow.</summary>
    public void ReplaceProducer()
    {
        _producer.Dispose();
        _producer = _build();
    }

    /// <summary>Writes the records and commits the offsets in one transaction.</summary>
    /// <exception cref="TransactionAbortedException">The transaction was aborted; read the input again.</exception>
    /// <exception cref="UnwritableRecordException">The transaction was aborted; a record can never be written.</exception>
    public void Commit(IReadOnlyList<Outgoing> records, IReadOnlyList<TopicPartitionOffset> offsets, IConsumerGroupMetadata group)
    {
        (_refused, _isRefusedByBroker) = (null, false);
        try
        {
            _producer.BeginTransaction();
            SendAll(records);
            Retry(() => _producer.SendOffsetsToTransaction(offsets, group, CallTimeout));
            Retry(() => _producer.CommitTransaction(CallTimeout));
        }
        catch (ProduceException<byte[]?, byte[]?> e) when (!e.Error.IsFatal)
        {
            throw Aborted(e.Error);
        }
        catch (KafkaTxnRequiresAbortException e)
        {
            throw Aborted(e.Error);
        }
    }

    public void Dispose() => _producer.Dispose();

    private void SendAll(IReadOnlyList<Outgoing> records)
    {
        try
        {
            foreach (var record in records) Send(record);
        }
        catch (Exception e) when (e is not KafkaException)
        {
            // A record cannot be encoded, either permanently or at the moment. An open transaction would block the next one and every reader.
            Abort();
            throw;
        }
    }

    private void Send(Outgoing record)
    {
        var headers = new Headers();
        var message = new Message<byte[]?, byte[]?> { Key = RecordKeys.Bytes(record.Key), Value = record.Encode(_codec) };
        var bytes = (message.Value?.Length ?? 0) + (message.Key?.Length ?? 0) + (record.IsTombstone ? 0 : EventHeaders.Add(headers, record.Value));
        if (record.TraceParent is { } trace)
        {
            headers.Add(TraceHeader.Name, Encoding.ASCII.GetBytes(trace));
            bytes += TraceHeader.Bytes;
        }
        if (headers.Count > 0) message.Headers = headers;
        if (bytes > record.Topic.MaxRecordBytes)
        {
            var limit = record.Topic.MaxRecordBytes;
            throw new UnwritableRecordException($"a record for {_prefix}{record.Topic.Name} has {bytes} bytes; the limit is {limit}", record);
        }
        var target = new TopicPartition(_prefix + record.Topic.Name, record.Partition ?? Partition.Any);
        while (true)
        {
            try
            {
                _producer.Produce(target, message, report =>
                {
                    if (IsUnwritable(report.Error))
                    {
                        _refused ??= new UnwritableRecordException(report.Error.Reason, record);
                        _isRefusedByBroker = true;
                    }
                    (record.Partition, record.Offset) = (report.Partition.Value, report.Offset.Value);
                });
                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(100));
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (IsUnwritable(e.Error))
            {
                _refused ??= new UnwritableRecordException(e.Error.Reason, record);
                throw;
            }
        }
    }

    // If the broker refused an earlier record, the only sign may be that the client accepts no more records. After the abort every record has its report.
    private Exception Aborted(Error error)
    {
        Abort();
        if (_isRefusedByBroker) InitNewProducer();
        if (_refused is { } refused) return refused;
        return IsUnwritable(error) ? new UnwritableRecordException(error.Reason, record: null) : new TransactionAbortedException(error.Reason, error.Code);
    }

    // The refused record has used a sequence number, and librdkafka keeps the epoch after such an abort. The partition would refuse the next batch
    // (OUT_OF_ORDER_SEQUENCE_NUMBER), its retry would contain the refused record again, and so on forever. A new producer has a new epoch.
    private void InitNewProducer()
    {
        ReplaceProducer();
        _outageRetry.Run("Kafka's transactions", Init, _outageRetry.IsOutage);
    }

    private void Abort() => Retry(() => _producer.AbortTransaction(CallTimeout));

    // The client says which calls may be repeated without changes.
    private void Retry(Action call) => _outageRetry.Run("Kafka", call, e => e is KafkaRetriableException);

    private static bool IsUnwritable(Error error) => error.Code is
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidRecord or ErrorCode.Local_InvalidArg;
}
