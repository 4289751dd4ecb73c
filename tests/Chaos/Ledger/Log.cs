using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Chaos.Ledger;

/// <summary>Reads what is committed, and tells when nothing more comes.</summary>
public sealed class Log(KafkaOptions kafka, AvroCodec codec)
{
    /// <summary>Every committed record of a topic, partition by partition, by rising offset.</summary>
    public IEnumerable<(At At, string? Key, ISpecificRecord? Value)> Read(Topic topic)
    {
        for (var partition = 0; partition < Partitions(topic); partition++)
        {
            using var consumer = Consumer(IsolationLevel.ReadCommitted);
            consumer.Assign(new TopicPartitionOffset(kafka.TopicPrefix + topic.Name, partition, Offset.Beginning));
            for (var result = consumer.Consume(); !result.IsPartitionEOF; result = consumer.Consume())
            {
                yield return (new At(partition, result.Offset.Value), result.Message.Key, result.Message.Value is { } value ? codec.Decode(value) : null);
            }
        }
    }

    /// <summary>The end of every partition of every topic, and whether all of them are free of open transactions.</summary>
    public (string Ends, bool IsSettled) Ends()
    {
        using var all = Consumer(IsolationLevel.ReadUncommitted);
        using var committed = Consumer(IsolationLevel.ReadCommitted);
        var ends = new List<string>();
        var isSettled = true;
        foreach (var topic in Topics.All.Where(topic => topic != Topics.ImportsCheckpoints && topic != Topics.AudiencesMemberships))
        {
            for (var partition = 0; partition < Partitions(topic); partition++)
            {
                var at = new TopicPartition(kafka.TopicPrefix + topic.Name, partition);
                var (high, stable) = (all.QueryWatermarkOffsets(at, Patience).High.Value, committed.QueryWatermarkOffsets(at, Patience).High.Value);
                isSettled &= high == stable;
                ends.Add($"{topic.Name} {partition}: {high}");
            }
        }
        return (string.Join(", ", ends), isSettled);
    }

    /// <summary>The partitions in which a group has records before it.</summary>
    public IReadOnlyList<string> Lags(string group, IEnumerable<Topic> inputs)
    {
        TopicPartition[] partitions = [.. inputs.SelectMany(topic => Enumerable.Range(0, Partitions(topic)).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition)))];
        using var consumer = Consumer(IsolationLevel.ReadCommitted, group);
        var lags = new List<string>();
        foreach (var committed in consumer.Committed(partitions, Patience))
        {
            // The markers of transactions stand before the end, too; only a record is lag.
            consumer.Assign(new TopicPartitionOffset(committed.TopicPartition, committed.Offset == Offset.Unset ? Offset.Beginning : committed.Offset));
            if (consumer.Consume(Patience) is { IsPartitionEOF: false } next) lags.Add($"{group} has {next.TopicPartitionOffset} before it");
        }
        return lags;
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private int Partitions(Topic topic) => topic.SinglePartition ? 1 : kafka.Partitions;

    private IConsumer<string?, byte[]?> Consumer(IsolationLevel isolation, string group = "ledger")
    {
        var config = kafka.Consumer(group);
        config.IsolationLevel = isolation;
        return new ConsumerBuilder<string?, byte[]?>(config).SetKeyDeserializer(Keys.Deserializer).Build();
    }
}
