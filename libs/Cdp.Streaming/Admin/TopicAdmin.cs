using System.Globalization;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.Streaming.Admin;

/// <summary>
/// Topics exist with settings that a service must not run with. The message names each topic, its settings, and the command that corrects them.
/// </summary>
public sealed class TopicSettingsException(string message) : InvalidOperationException(message);

/// <summary>Creates the topics of the topic table that are missing, and checks the settings of those that exist.</summary>
public static class TopicAdmin
{
    // The default of the client is a minute, during which /health/ready could not say what the service is waiting for, and a stop would be delayed.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SpreadBound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Creates missing topics and returns once every partition has a leader that all brokers know.</summary>
    /// <returns>Warnings about existing topics with weaker settings than the topic table asks for, each with the command that corrects them.</returns>
    /// <exception cref="KafkaException">Kafka is unavailable or refuses the request.</exception>
    /// <exception cref="TopicSettingsException">
    /// A topic exists with another number of partitions, or with settings that would lose records or state.
    /// </exception>
    public static async Task<IReadOnlyList<string>> EnsureAsync(KafkaOptions kafka, IEnumerable<Topic> topics)
    {
        using var admin = kafka.BuildAdmin();
        var wanted = topics.ToDictionary(topic => kafka.TopicPrefix + topic.Name);
        try
        {
            await admin.CreateTopicsAsync(wanted.Select(topic => new TopicSpecification
            {
                Name = topic.Key,
                NumPartitions = Partitions(kafka, topic.Value),
                ReplicationFactor = kafka.ReplicationFactor,
                Configs = new Dictionary<string, string>(topic.Value.Configs),
            }), new CreateTopicsOptions { RequestTimeout = CallTimeout });
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Existing topics are checked below.
        }

        var found = await KnownAsync(admin, [.. wanted.Keys]);
        string[] miscounted = [.. wanted.Where(topic => found[topic.Key].Partitions.Count != Partitions(kafka, topic.Value)).Select(topic =>
            $"the topic {topic.Key} has {found[topic.Key].Partitions.Count} partitions, but Kafka:Partitions asks for {Partitions(kafka, topic.Value)}; "
            + "set Kafka:Partitions to the number that the topics have, or use another Kafka:TopicPrefix")];
        if (miscounted.Length > 0) throw new TopicSettingsException(string.Join(Environment.NewLine, miscounted));
        return await CheckAsync(admin, kafka, wanted, found);
    }

    /// <summary>
    /// The id that the cluster has given a topic, 32 hexadecimal digits: it changes when the topic is deleted and recreated. Null before Kafka 2.8, which has
    /// no topic ids.
    /// </summary>
    /// <exception cref="KafkaException">Kafka is unavailable, or the topic does not exist.</exception>
    public static async Task<string?> FindIdAsync(KafkaOptions kafka, Topic topic)
    {
        using var admin = kafka.BuildAdmin();
        var names = TopicCollection.OfTopicNames([kafka.NameOf(topic)]);
        var described = await admin.DescribeTopicsAsync(names, new DescribeTopicsOptions { RequestTimeout = CallTimeout });
        var id = described.TopicDescriptions.Single().TopicId;
        return id.MostSignificantBits == 0 && id.LeastSignificantBits == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{id.MostSignificantBits:x16}{id.LeastSignificantBits:x16}");
    }

    private static int Partitions(KafkaOptions kafka, Topic topic) => topic.SinglePartition ? 1 : kafka.Partitions;

    /// <summary>In a cluster it takes a moment until a new topic is known and its partitions have leaders.</summary>
    private static async Task<Dictionary<string, TopicMetadata>> KnownAsync(IAdminClient admin, IReadOnlyList<string> names)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ; await Task.Delay(Pause))
        {
            var found = admin.GetMetadata(CallTimeout).Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic);
            string[] unknown = [.. names.Where(name => !found.TryGetValue(name, out var topic) || !HasLeaders(topic))];
            if (unknown.Length == 0) return found;
            if (TimeProvider.System.GetElapsedTime(started) <= SpreadBound) continue;
            var topics = string.Join(", ", unknown);
            var reason = $"no leader is known for {topics} {SpreadBound.TotalSeconds} s after the topics were created";
            throw new KafkaException(new Error(ErrorCode.LeaderNotAvailable, reason));
        }
    }

    private static bool HasLeaders(TopicMetadata topic) =>
        topic.Partitions.Count > 0 && topic.Partitions.All(partition => partition.Leader >= 0 && !PartitionLeaders.IsMissing(partition.Error));

    private static async Task<IReadOnlyList<string>> CheckAsync(
        IAdminClient admin, KafkaOptions kafka, Dictionary<string, Topic> wanted, Dictionary<string, TopicMetadata> found)
    {
        List<DescribeConfigsResult> described;
        try
        {
            described = await DescribeAsync(admin, wanted.Keys);
        }
        catch (DescribeConfigsException e) when (e.Results.All(result =>
            result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed))
        {
            return ["the settings of the topics cannot be checked: the Kafka user lacks the right DescribeConfigs on them; grant it"];
        }
        var faults = described.Select(topic => (topic.ConfigResource.Name, Faults: TopicSettings.Check(
            wanted[topic.ConfigResource.Name],
            topic.Entries.Values.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Name, entry => entry.Value),
            found[topic.ConfigResource.Name].Partitions.Min(partition => partition.Replicas.Length)).ToList())).ToList();
        string[] fatal = [.. faults.Where(topic => topic.Faults.Exists(fault => fault.IsFatal))
            .Select(topic => Describe(kafka, topic.Name, [.. topic.Faults.Where(fault => fault.IsFatal)]))];
        if (fatal.Length > 0) throw new TopicSettingsException(string.Join(Environment.NewLine, fatal));
        return [.. faults.Where(topic => topic.Faults.Count > 0).Select(topic => Describe(kafka, topic.Name, topic.Faults))];
    }

    private static string Describe(KafkaOptions kafka, string name, IReadOnlyList<TopicFault> faults) =>
        $"the topic {name} has {string.Join("; and ", faults.Select(fault => $"{fault.Setting}={fault.Value}: {fault.Consequence}"))}. "
        + $"Correct it with: {TopicSettings.Command(kafka.BootstrapServers, name, faults)}";

    // A broker may not yet know a topic that another broker has created.
    private static async Task<List<DescribeConfigsResult>> DescribeAsync(IAdminClient admin, IEnumerable<string> names)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ; await Task.Delay(Pause))
        {
            try
            {
                var resources = names.Select(name => new ConfigResource { Type = ResourceType.Topic, Name = name });
                return await admin.DescribeConfigsAsync(resources, new DescribeConfigsOptions { RequestTimeout = CallTimeout });
            }
            catch (DescribeConfigsException e)
                when (e.Results.Any(result => PartitionLeaders.IsMissing(result.Error)) && TimeProvider.System.GetElapsedTime(started) < SpreadBound)
            {
                // Ask again after a pause.
            }
        }
    }
}
