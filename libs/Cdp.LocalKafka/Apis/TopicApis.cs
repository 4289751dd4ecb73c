using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Creates and deletes topics.</summary>
/// <param name="deleted">Called with the name of each deleted topic.</param>
internal sealed class TopicApis(TopicStore topics, LocalKafkaOptions options, Action<string> deleted)
{
    /// <summary>The most partitions that one request may add to a topic, as in Kafka.</summary>
    public const int MaxPartitions = 10_000;
    public static readonly string OneBroker = $"each partition must be assigned to the only broker, {BrokerNode.Name}";

    public IEnumerable<Api> Rows =>
    [
        Api.Of<CreateTopicsRequest>(ApiKey.CreateTopics, 0, 7, 5, (_, request) => Create(request)),
        Api.Of<DeleteTopicsRequest>(ApiKey.DeleteTopics, 0, 6, 4, (_, request) => Delete(request)),
    ];

    private CreateTopicsResponse Create(CreateTopicsRequest request)
    {
        var wanted = request.Topics ?? [];
        var twice = wanted.GroupBy(topic => topic.Name).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        return new CreateTopicsResponse
        {
            Topics = [.. wanted.DistinctBy(topic => topic.Name).Select(topic => twice.Contains(topic.Name)
                ? Refused(topic.Name, ErrorCode.InvalidRequest, "the request names the topic more than once")
                : Create(topic, request.ValidateOnly))],
        };
    }

    private CreatableTopicResult Create(CreatableTopic wanted, bool validateOnly)
    {
        var (error, problem) = Check(wanted);
        if (error != ErrorCode.None) return Refused(wanted.Name, error, problem!);
        (var configs, problem) = Configs(wanted.Configs ?? []);
        if (problem is not null) return Refused(wanted.Name, ErrorCode.InvalidConfig, problem);

        var assigned = wanted.Assignments is { Count: > 0 } assignments ? assignments.Count : wanted.NumPartitions;
        var partitions = assigned == -1 ? options.DefaultPartitions : assigned;
        var id = Guid.Empty;
        if (!validateOnly)
        {
            var created = topics.Create(wanted.Name, partitions, configs);
            if (created.Error != ErrorCode.None) return Refused(wanted.Name, created.Error, $"topic '{wanted.Name}' already exists");
            id = created.Topic!.Id;
        }

        return new CreatableTopicResult
        {
            Name = wanted.Name,
            TopicId = id,
            NumPartitions = partitions,
            ReplicationFactor = 1,
            Configs = [.. TopicConfig.Describe(configs).Select(config =>
                new CreatedTopicConfig { Name = config.Definition.Name, Value = config.Value, ConfigSource = (sbyte)config.Source })],
        };
    }

    private (ErrorCode Error, string? Problem) Check(CreatableTopic wanted)
    {
        if (TopicName.Problem(wanted.Name) is { } name) return (ErrorCode.InvalidTopicException, name);
        if (topics.Find(wanted.Name) is not null) return (ErrorCode.TopicAlreadyExists, $"topic '{wanted.Name}' already exists");
        if (topics.FindColliding(wanted.Name) is { } other)
            return (
                ErrorCode.InvalidTopicException, $"topic '{wanted.Name}' differs from '{other.Name}' only in '.' and '_', which are the same in metric names");

        if (wanted.Assignments is { Count: > 0 } assignments)
        {
            if (wanted.NumPartitions != -1 || wanted.ReplicationFactor != -1)
                return (ErrorCode.InvalidRequest, "if assignments are given, the partition count and the replication factor must be -1");
            if (!assignments.Select(a => a.PartitionIndex).Order().SequenceEqual(Enumerable.Range(0, assignments.Count)))
                return (ErrorCode.InvalidReplicaAssignment, "the assigned partitions must be numbered from 0 without gaps");
            if (assignments.Any(a => a.BrokerIds is not [BrokerNode.Id]))
                return (ErrorCode.InvalidReplicaAssignment, OneBroker);
        }
        else
        {
            if (wanted.NumPartitions is 0 or < -1)
                return (ErrorCode.InvalidPartitions, $"a topic cannot have {wanted.NumPartitions} partitions; at least 1 is required");
            if (wanted.ReplicationFactor is not (1 or -1))
                return (ErrorCode.InvalidReplicationFactor, $"the replication factor is {wanted.ReplicationFactor}, but there is only one broker");
        }

        var partitions = Math.Max(wanted.NumPartitions, wanted.Assignments?.Count ?? 0);
        return partitions > MaxPartitions
            ? (ErrorCode.PolicyViolation, $"{partitions} partitions in one request; the limit is {MaxPartitions}")
            : (ErrorCode.None, null);
    }

    private static (SortedDictionary<string, string> Configs, string? Problem) Configs(List<CreatableTopicConfig> wanted)
    {
        if (wanted.DistinctBy(config => config.Name).Count() < wanted.Count) return ([], "a config is named more than once");
        if (wanted.Find(config => config.Value is null) is { } valueless) return ([], $"null value for topic config '{valueless.Name}'");
        return TopicConfig.Parse(wanted.Select(config => KeyValuePair.Create(config.Name, config.Value!)));
    }

    private DeleteTopicsResponse Delete(DeleteTopicsRequest request)
    {
        var wanted = request.Topics is { Count: > 0 } states
            ? states
            : [.. (request.TopicNames ?? []).Select(name => new DeleteTopicState { Name = name })];
        var twice = wanted.GroupBy(state => (state.Name, state.TopicId)).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        return new DeleteTopicsResponse
        {
            Responses = [.. wanted.DistinctBy(state => (state.Name, state.TopicId)).Select(state => twice.Contains((state.Name, state.TopicId))
                ? Refused(state, "the request names the topic more than once")
                : Delete(state))],
        };
    }

    private DeletableTopicResult Delete(DeleteTopicState wanted)
    {
        if (wanted.Name is null && wanted.TopicId == Guid.Empty) return Refused(wanted, "the request has neither a name nor an id for the topic");
        if (wanted.Name is not null && wanted.TopicId != Guid.Empty) return Refused(wanted, "the request has both a name and an id for the topic");
        var topic = wanted.Name is null ? topics.Find(wanted.TopicId) : topics.Find(wanted.Name);
        var result = new DeletableTopicResult { Name = topic?.Name ?? wanted.Name, TopicId = topic?.Id ?? wanted.TopicId };
        if (topic is { IsInternal: true })
        {
            result.ErrorCode = ErrorCode.InvalidTopicException;
            result.ErrorMessage = $"topic '{topic.Name}' is internal";
        }
        else if (topic is null || !topics.Delete(topic.Name))
        {
            result.ErrorCode = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            result.ErrorMessage = "the topic does not exist";
        }
        else
        {
            deleted(topic.Name);
        }
        return result;
    }

    private static DeletableTopicResult Refused(DeleteTopicState wanted, string problem) =>
        new() { Name = wanted.Name, TopicId = wanted.TopicId, ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = problem };

    private static CreatableTopicResult Refused(string name, ErrorCode error, string problem) =>
        new() { Name = name, ErrorCode = error, ErrorMessage = problem };
}
