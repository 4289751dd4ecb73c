using Cdp.Contracts;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.Streaming;

/// <summary>Creates the topics of the table where they are missing.</summary>
public static class TopicAdmin
{
    // The client's own default is a minute, in which nobody would be told what is waited for, and a stop would have to wait as well.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="KafkaException">Kafka is away or refuses.</exception>
    /// <exception cref="InvalidOperationException">A keyed topic exists with another number of partitions than the others are to have.</exception>
    public static async Task EnsureAsync(KafkaOptions kafka, IEnumerable<Topic> topics)
    {
        using var admin = new AdminClientBuilder(kafka.Admin()).SetLogHandler(KafkaClients.Silence).Build();
        var wanted = topics.ToDictionary(topic => kafka.TopicPrefix + topic.Name);
        try
        {
            await admin.CreateTopicsAsync(wanted.Select(topic => new TopicSpecification
            {
                Name = topic.Key,
                NumPartitions = topic.Value.SinglePartition ? 1 : kafka.Partitions,
                ReplicationFactor = kafka.ReplicationFactor,
                Configs = new Dictionary<string, string>(topic.Value.Configs),
            }), new CreateTopicsOptions { RequestTimeout = CallTimeout });
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // What another service created first is as good, once its partitions have been counted below.
        }

        var found = admin.GetMetadata(CallTimeout).Topics.Where(topic => topic.Error.Code == ErrorCode.NoError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
        foreach (var (name, topic) in wanted)
        {
            var expected = topic.SinglePartition ? 1 : kafka.Partitions;
            if (!found.TryGetValue(name, out var partitions)) throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"{name} was created but is not yet known to the broker"));
            if (partitions != expected) throw new InvalidOperationException($"the topic {name} has {partitions} partitions, but Kafka:Partitions asks for {expected}; set Kafka:Partitions to what the topics have, or use another Kafka:TopicPrefix");
        }
    }
}
