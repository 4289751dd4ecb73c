using System.Text;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Ingestion.Tests;

/// <summary>A record of a topic.</summary>
internal sealed record TopicRecord(string? Key, ISpecificRecord Value, Headers Headers)
{
    /// <summary>The trace id in its traceparent header, empty if there is none.</summary>
    public string TraceId => Headers.TryGetLastBytes(TraceHeader.Name, out var header) ? Encoding.ASCII.GetString(header, 3, 32) : "";
}

/// <summary>Reads topics: the first time from their beginning, later only the new records.</summary>
internal sealed class TopicReader : IDisposable
{
    private readonly KafkaOptions _kafka;
    private readonly SchemaRegistry _registry;
    private readonly AvroCodec _codec;
    private readonly Dictionary<TopicPartition, Offset> _next;

    public TopicReader(KafkaOptions kafka, params Topic[] topics)
    {
        _kafka = kafka;
        _registry = kafka.Registry();
        _codec = new AvroCodec(_registry, kafka.TopicPrefix);
        _next = topics
            .SelectMany(
                topic => Enumerable.Range(0, IngestionHost.Partitions).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition)))
            .ToDictionary(partition => partition, _ => Offset.Beginning);
    }

    /// <summary>Reads up to the end that each partition has now.</summary>
    public IEnumerable<TopicRecord> ReadNew()
    {
        using var consumer = new ConsumerBuilder<string?, byte[]>(_kafka.Consumer("tests")).SetKeyDeserializer(RecordKeys.Deserializer).Build();
        consumer.Assign(_next.Select(next => new TopicPartitionOffset(next.Key, next.Value)));
        for (var ends = 0; ends < _next.Count;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException($"no end of {string.Join(", ", _next.Keys)} within 10 s");
            _next[result.TopicPartition] = result.Offset;
            if (result.IsPartitionEOF)
            {
                ends++;
                continue;
            }
            _next[result.TopicPartition] = result.Offset + 1;
            yield return new TopicRecord(result.Message.Key, _codec.Decode(result.Message.Value), result.Message.Headers);
        }
    }

    public void Dispose() => _registry.Dispose();
}
