using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Makes and removes topics.</summary>
/// <param name="deleted">Told the name of each topic that was removed.</param>
internal sealed class TopicApis(TopicStore topics, LocalKafkaOptions options, Action<string> deleted)
{
    public IEnumerable<Api> Rows =>
    [
        Api.Of<CreateTopicsRequest>(ApiKey.CreateTopics, 0, 7, 5, (_, request) => Task.FromResult<IWireFields?>(Create(request))),
        Api.Of<DeleteTopicsRequest>(ApiKey.DeleteTopics, 0, 6, 4, (_, request) => Task.FromResult<IWireFields?>(Delete(request))),
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

        var assigned = wanted.Assignments is { Count: > 0 } assignments ? assignments.Count : wanted.NumPartitions;
        var partitions = assigned == -1 ? options.DefaultPartitions : assigned;
        var configs = (wanted.Configs ?? []).ToDictionary(config => config.Name, config => config.Value!);
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
            Configs = [.. TopicConfig.Describe(configs).Select(config => new CreatedTopicConfig { Name = config.Name, Value = config.Value, ConfigSource = (sbyte)config.Source })],
        };
    }

    private (ErrorCode Error, string? Problem) Check(CreatableTopic wanted)
    {
        if (TopicName.Problem(wanted.Name) is { } name) return (ErrorCode.InvalidTopicException, name);
        if (topics.Find(wanted.Name) is not null) return (ErrorCode.TopicAlreadyExists, $"topic '{wanted.Name}' already exists");
        if (topics.All.FirstOrDefault(topic => topic.Name.Replace('.', '_') == wanted.Name.Replace('.', '_')) is { } alike)
            return (ErrorCode.InvalidTopicException, $"topic '{wanted.Name}' differs from '{alike.Name}' only in '.' and '_', which metric names cannot tell apart");

        if (wanted.Assignments is { Count: > 0 } assignments)
        {
            if (wanted.NumPartitions != -1 || wanted.ReplicationFactor != -1)
                return (ErrorCode.InvalidRequest, "with assignments, partitions and replication factor must both be -1");
            if (!assignments.Select(a => a.PartitionIndex).Order().SequenceEqual(Enumerable.Range(0, assignments.Count)))
                return (ErrorCode.InvalidReplicaAssignment, "the assigned partitions are not 0 to n without gaps");
            if (assignments.Any(a => a.BrokerIds is not [BrokerNode.Id]))
                return (ErrorCode.InvalidReplicaAssignment, $"there is one broker, {BrokerNode.Id}; each partition must be assigned to it alone");
        }
        else
        {
            if (wanted.NumPartitions is 0 or < -1) return (ErrorCode.InvalidPartitions, $"{wanted.NumPartitions} partitions; at least one is needed");
            if (wanted.ReplicationFactor is not (1 or -1))
                return (ErrorCode.InvalidReplicationFactor, $"replication factor {wanted.ReplicationFactor}, and there is one broker");
        }

        var configs = wanted.Configs ?? [];
        if (configs.DistinctBy(config => config.Name).Count() < configs.Count) return (ErrorCode.InvalidConfig, "a config is named more than once");
        var problem = configs.Select(config => TopicConfig.Problem(config.Name, config.Value)).FirstOrDefault(p => p is not null);
        return problem is null ? (ErrorCode.None, null) : (ErrorCode.InvalidConfig, problem);
    }

    private DeleteTopicsResponse Delete(DeleteTopicsRequest request)
    {
        var wanted = request.Topics is { Count: > 0 } states ? states : [.. (request.TopicNames ?? []).Select(name => new DeleteTopicState { Name = name })];
        return new DeleteTopicsResponse { Responses = [.. wanted.Select(Delete)] };
    }

    private DeletableTopicResult Delete(DeleteTopicState wanted)
    {
        var topic = wanted.Name is null ? topics.Find(wanted.TopicId) : topics.Find(wanted.Name);
        var result = new DeletableTopicResult { Name = topic?.Name ?? wanted.Name, TopicId = topic?.Id ?? wanted.TopicId };
        if (topic is { IsInternal: true })
        {
            result.ErrorCode = ErrorCode.InvalidTopicException;
            result.ErrorMessage = $"'{topic.Name}' is the broker's own";
        }
        else if (topic is null || !topics.Delete(topic.Name))
        {
            result.ErrorCode = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            result.ErrorMessage = "there is no such topic";
        }
        else
        {
            deleted(topic.Name);
        }
        return result;
    }

    private static CreatableTopicResult Refused(string name, ErrorCode error, string problem) =>
        new() { Name = name, ErrorCode = error, ErrorMessage = problem };
}
