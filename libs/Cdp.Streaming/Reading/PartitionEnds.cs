using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>
/// Where partitions begin and end, counting everything appended, whether its transaction is committed, aborted or open. A client that reads committed records
/// would get the last stable offset instead, which is before any open transaction. The calls block.
/// </summary>
public sealed class PartitionEnds : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _kafka;
    private readonly IConsumer<Ignore, Ignore> _consumer;

    public PartitionEnds(KafkaOptions kafka)
    {
        _kafka = kafka;
        var config = kafka.Consumer("partition-ends");
        config.IsolationLevel = IsolationLevel.ReadUncommitted;
        _consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler(KafkaClients.Silence).Build();
    }

    /// <summary>The first offset that is retained, and the offset after the last one.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public WatermarkOffsets Range(TopicPartition partition) => PartitionLeaders.Await(() => _consumer.QueryWatermarkOffsets(partition, CallTimeout));

    /// <summary>The offset after the last one of each partition of keyed topics.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public IReadOnlyDictionary<TopicPartition, long> Of(params IEnumerable<Topic> topics) =>
        topics.SelectMany(_kafka.PartitionsOf).ToDictionary(partition => partition, partition => Range(partition).High.Value);

    public void Dispose() => _consumer.Dispose();
}
