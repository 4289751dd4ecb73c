using System.Text;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Streaming.Writing;

/// <summary>
/// Writes single records outside the loop. A write returns once all in-sync replicas have the record, or fails within a bounded time. A failed write may have
/// succeeded nevertheless, so writing a record twice must have the same effect as writing it once. Thread-safe; connects with the first write.
/// </summary>
public sealed class RecordWriter : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _kafka;
    private readonly Lazy<IProducer<byte[]?, byte[]>> _producer;
    private readonly ClientCalls _calls = new();

    /// <param name="kafka">The cluster.</param>
    /// <param name="timeout">How long a write may take; 10 seconds if null. <c>Kafka:Client:message.timeout.ms</c> overrides it.</param>
    /// <param name="failed">
    /// Receives a fatal error of the client: all further writes fail, so the process should end. Not needed for a short-lived writer.
    /// </param>
    public RecordWriter(KafkaOptions kafka, TimeSpan? timeout = null, Action<KafkaException>? failed = null)
    {
        _kafka = kafka;
        _producer = new(() => new ProducerBuilder<byte[]?, byte[]>(Config(kafka, timeout ?? DefaultTimeout))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal) failed?.Invoke(new KafkaException(error));
            })
            .SetLogHandler(KafkaClients.Silence)
            .Build());
    }

    /// <summary>Encodes a record and writes it.</summary>
    /// <param name="codec">Encodes the record.</param>
    /// <param name="topic">The topic to write to.</param>
    /// <param name="key">The record's key; null writes none.</param>
    /// <param name="record">The record.</param>
    /// <param name="partition">The partition to write to; null leaves it to the key.</param>
    /// <param name="traceParent">The W3C trace context under which the record is written; null writes none.</param>
    /// <param name="stopping">Ends the wait for the acknowledgement.</param>
    /// <returns>The offset of the record.</returns>
    /// <exception cref="KafkaException">The record was not acknowledged in time, or was refused.</exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema.</exception>
    /// <exception cref="ObjectDisposedException">The writer is disposed.</exception>
    public Task<long> WriteAsync(
        AvroCodec codec,
        Topic topic,
        string? key,
        ISpecificRecord record,
        int? partition = null,
        string? traceParent = null,
        CancellationToken stopping = default)
    {
        var message = new Message<byte[]?, byte[]> { Key = RecordKeys.Bytes(key), Value = codec.Encode(topic, record) };
        var headers = new Headers();
        EventHeaders.Add(headers, record);
        if (traceParent is not null) headers.Add(TraceHeader.Name, Encoding.ASCII.GetBytes(traceParent));
        if (headers.Count > 0) message.Headers = headers;
        return WriteAsync(new TopicPartition(_kafka.NameOf(topic), partition ?? Partition.Any), message, stopping);
    }

    /// <summary>Writes a record that is already encoded.</summary>
    /// <param name="target">The partition to write to, with the topic's full name; <see cref="Partition.Any"/> leaves it to the key.</param>
    /// <param name="message">The record.</param>
    /// <param name="stopping">Ends the wait for the acknowledgement.</param>
    /// <inheritdoc cref="WriteAsync(AvroCodec, Topic, string?, ISpecificRecord, int?, string?, CancellationToken)"/>
    public async Task<long> WriteAsync(TopicPartition target, Message<byte[]?, byte[]> message, CancellationToken stopping = default) =>
        (await _calls.Make(() => _producer.Value.ProduceAsync(target, message, stopping))).Offset.Value;

    public void Dispose()
    {
        _calls.Close();
        if (_producer.IsValueCreated) _producer.Value.Dispose();
    }

    private static ProducerConfig Config(KafkaOptions kafka, TimeSpan timeout) => kafka.Producer(producer =>
    {
        producer.MessageTimeoutMs = (int)timeout.TotalMilliseconds;
        // Each write is awaited, so waiting to batch it with others would only delay it.
        producer.LingerMs = 0;
    });
}
