using System.Text;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Benchmarks.Measuring;

/// <summary>Writes records to a topic as a service does (same framing, keys, partitions and headers), but faster.</summary>
internal sealed class TopicFill(KafkaOptions kafka) : IDisposable
{
    private static readonly byte[] Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"u8.ToArray();

    private readonly SchemaRegistry _registry = kafka.Registry();

    /// <summary>Writes records. Returns when all are acknowledged.</summary>
    public void Fill(Topic topic, IEnumerable<(string? Key, ISpecificRecord Record)> records)
    {
        var codec = new AvroCodec(_registry, kafka.TopicPrefix);
        using var producer = new ProducerBuilder<byte[]?, byte[]>(kafka.Producer()).Build();
        var target = new TopicPartition(kafka.TopicPrefix + topic.Name, topic.SinglePartition ? 0 : Partition.Any);
        var (sent, acked) = (0, 0);
        foreach (var (key, record) in records)
        {
            var headers = new Headers { { TraceHeader.Name, Trace } };
            EventHeaders.Add(headers, record);
            var message = new Message<byte[]?, byte[]>
            {
                Key = key is null ? null : Encoding.UTF8.GetBytes(key),
                Value = codec.Encode(topic, record),
                Headers = headers,
            };
            sent++;
            while (true)
            {
                try
                {
                    producer.Produce(target, message, report =>
                    {
                        if (!report.Error.IsError) Interlocked.Increment(ref acked);
                    });
                    break;
                }
                catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }
            }
        }
        producer.Flush(TimeSpan.FromMinutes(1));
        if (acked != sent) throw new InvalidOperationException($"{sent - acked} of {sent} records for {topic.Name} were not acknowledged");
    }

    public void Dispose() => _registry.Dispose();
}
