using Confluent.Kafka;

namespace Cdp.Streaming.Consuming;

/// <summary>Checks that a member owns the same partition numbers of all its inputs. Pure.</summary>
internal static class CoPartitioning
{
    /// <summary>What is wrong with an assignment, and what to do; null if it has the same partition numbers of every topic.</summary>
    public static string? Mismatch(IReadOnlyCollection<string> topics, IEnumerable<TopicPartition> assignment)
    {
        var owned = assignment.ToLookup(partition => partition.Topic, partition => partition.Partition.Value);
        var numbers = topics.Select(topic => string.Join(',', owned[topic].Order())).ToList();
        if (numbers.Distinct().Count() <= 1) return null;
        var described = topics.Zip(numbers, (topic, own) => $"{topic} [{own}]");
        return $"the group has assigned different partitions of the inputs: {string.Join(", ", described)}; run the same version in all members, "
            + "and give the topics the same number of partitions";
    }
}
