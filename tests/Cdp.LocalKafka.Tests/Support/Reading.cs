using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>Reads the content of a topic, as consumers see it.</summary>
internal static class Reading
{
    /// <summary>All records of a partition, up to the current end for the isolation level.</summary>
    public static List<ConsumeResult<string?, string?>> ReadAll(
        string bootstrap, string topic, IsolationLevel isolation = IsolationLevel.ReadCommitted, int partition = 0)
    {
        using var consumer = Client.Consumer(bootstrap, "reader-" + Guid.NewGuid(), isolation);
        consumer.Assign(new TopicPartitionOffset(topic, partition, Offset.Beginning));
        var read = new List<ConsumeResult<string?, string?>>();
        while (true)
        {
            var result = consumer.Consume(Client.Limit) ?? throw new TimeoutException($"nothing from {topic}-{partition} after {read.Count} records");
            if (result.IsPartitionEOF) return read;
            read.Add(result);
        }
    }

    public static IEnumerable<string?> Values(string bootstrap, string topic, IsolationLevel isolation = IsolationLevel.ReadCommitted, int partition = 0) =>
        ReadAll(bootstrap, topic, isolation, partition).Select(read => read.Message.Value);

    /// <summary>
    /// The committed values of a partition once no transaction is open on it. A commit is acknowledged before its markers are in every partition.
    /// </summary>
    public static async Task<IEnumerable<string?>> Committed(string bootstrap, string topic, int partition = 0)
    {
        using var admin = Client.Admin(bootstrap);
        await Wait.Until(
            async () => await End(admin, topic, partition, IsolationLevel.ReadCommitted) == await End(admin, topic, partition, IsolationLevel.ReadUncommitted),
            $"{topic}-{partition} is decided");
        return Values(bootstrap, topic, partition: partition);
    }

    /// <summary>The offset where consumers of an isolation level stop: the last stable offset or the high watermark.</summary>
    public static Task<long> End(IAdminClient admin, string topic, int partition, IsolationLevel isolation) =>
        OffsetAt(admin, topic, OffsetSpec.Latest(), partition, isolation);

    public static async Task<long> OffsetAt(
        IAdminClient admin, string topic, OffsetSpec spec, int partition = 0, IsolationLevel isolation = IsolationLevel.ReadUncommitted)
    {
        var asked = new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, partition), OffsetSpec = spec };
        var answer = await admin.ListOffsetsAsync([asked], new ListOffsetsOptions { IsolationLevel = isolation, RequestTimeout = Client.Limit });
        return answer.ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
    }
}
