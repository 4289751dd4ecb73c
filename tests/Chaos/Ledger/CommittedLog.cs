using Avro.Specific;
using cdp;
using Cdp.Chaos.Faults;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Chaos.Ledger;

/// <summary>Reads the committed records of the topics.</summary>
public sealed class CommittedLog(KafkaOptions kafka, AvroCodec codec)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Every committed record of a topic, partition by partition, in order. The value is null for garbage that the run wrote.</summary>
    public IEnumerable<(Position At, string? Key, ISpecificRecord? Value)> Read(Topic topic)
    {
        for (var partition = 0; partition < Partitions(topic); partition++)
        {
            using var consumer = Consumer(IsolationLevel.ReadCommitted);
            consumer.Assign(new TopicPartitionOffset(kafka.TopicPrefix + topic.Name, partition, Offset.Beginning));
            for (var result = consumer.Consume(); !result.IsPartitionEOF; result = consumer.Consume())
            {
                var value = result.Message.Value is { } bytes && !Garbage.IsGarbage(bytes) ? codec.Decode(bytes) : null;
                yield return (new Position(partition, result.Offset.Value), result.Message.Key, value);
            }
        }
    }

    /// <summary>The end of every partition of every topic, and whether no transaction is open.</summary>
    public (string Ends, bool IsSettled) Ends()
    {
        using var all = Consumer(IsolationLevel.ReadUncommitted);
        using var committed = Consumer(IsolationLevel.ReadCommitted);
        var ends = new List<string>();
        var isSettled = true;
        var topics = Topics.All.Where(topic => topic != Topics.ImportsCheckpoints && topic != Topics.AudiencesMemberships);
        foreach (var topic in topics.Concat(DestinationIds.All.Select(Topics.DeliveriesRetry)))
        {
            for (var partition = 0; partition < Partitions(topic); partition++)
            {
                var at = new TopicPartition(kafka.TopicPrefix + topic.Name, partition);
                var (high, stable) = (all.QueryWatermarkOffsets(at, Timeout).High.Value, committed.QueryWatermarkOffsets(at, Timeout).High.Value);
                isSettled &= high == stable;
                ends.Add($"{topic.Name} {partition}: {high}");
            }
        }
        return (string.Join(", ", ends), isSettled);
    }

    /// <summary>The events in the retry topic of a destination that are still to be sent again, one line each.</summary>
    public IReadOnlyList<string> Waiting(string destination)
    {
        var (topic, waiting) = (Topics.DeliveriesRetry(destination), new Dictionary<string, string>());
        foreach (var (at, key, value) in Read(topic))
        {
            if (value is RetriedDelivery retry)
                waiting[key!] = $"{topic.Name} {at}: {retry.@event.validated.envelope.messageId} waits after {retry.attempts} attempts: {retry.reason}";
            else waiting.Remove(key!);
        }
        return [.. waiting.Values];
    }

    /// <summary>The partitions in which a consumer group has unprocessed records.</summary>
    public IReadOnlyList<string> Lags(string group, IEnumerable<Topic> inputs)
    {
        TopicPartition[] partitions = [.. inputs.SelectMany(All)];
        using var consumer = Consumer(IsolationLevel.ReadCommitted, group);
        var lags = new List<string>();
        foreach (var committed in consumer.Committed(partitions, Timeout))
        {
            // There may also be transaction markers between the committed offset and the end. Only records count as lag.
            consumer.Assign(new TopicPartitionOffset(committed.TopicPartition, committed.Offset == Offset.Unset ? Offset.Beginning : committed.Offset));
            if (consumer.Consume(Timeout) is { IsPartitionEOF: false } next) lags.Add($"{group} did not process {next.TopicPartitionOffset}");
        }
        return lags;
    }

    private IEnumerable<TopicPartition> All(Topic topic) =>
        Enumerable.Range(0, Partitions(topic)).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition));

    private int Partitions(Topic topic) => topic.SinglePartition ? 1 : kafka.Partitions;

    private IConsumer<string?, byte[]?> Consumer(IsolationLevel isolation, string group = "ledger")
    {
        var config = kafka.Consumer(group);
        config.IsolationLevel = isolation;
        return new ConsumerBuilder<string?, byte[]?>(config).SetKeyDeserializer(RecordKeys.Deserializer).Build();
    }
}
