using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Adds partitions to topics; there is no way to take one away. The checks are Kafka's (ReplicationControlManager).</summary>
internal sealed class CreatePartitionsApi(TopicStore topics)
{
    public Api Row => Api.Of<CreatePartitionsRequest>(ApiKey.CreatePartitions, 0, 3, 2, (_, request) => Answer(request));

    private CreatePartitionsResponse Answer(CreatePartitionsRequest request)
    {
        var response = new CreatePartitionsResponse();
        foreach (var same in (request.Topics ?? []).GroupBy(topic => topic.Name))
        {
            var (error, problem) = same.Count() > 1 ? (ErrorCode.InvalidRequest, "the request names the topic more than once") : Grow(same.First(), request.ValidateOnly);
            response.Results!.Add(new CreatePartitionsResult { Name = same.Key, ErrorCode = error, ErrorMessage = problem });
        }
        return response;
    }

    private (ErrorCode Error, string? Problem) Grow(CreatePartitionsTopic wanted, bool validateOnly)
    {
        if (topics.Find(wanted.Name) is not { } topic) return (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{wanted.Name}'");
        var more = (long)wanted.Count - topic.Partitions.Count;
        if (more == 0) return (ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' already has {wanted.Count} partitions");
        if (more < 0) return (ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' has {topic.Partitions.Count} partitions; {wanted.Count} would not be an increase");
        if (more > TopicApis.MaxPartitions) return (ErrorCode.PolicyViolation, $"{more} partitions at once; {TopicApis.MaxPartitions} are the most");
        if (wanted.Assignments is { } assignments)
        {
            if (assignments.Count != more) return (ErrorCode.InvalidReplicaAssignment, $"{assignments.Count} assignments for {more} new partitions");
            if (assignments.Exists(assignment => assignment.BrokerIds is not [BrokerNode.Id])) return (ErrorCode.InvalidReplicaAssignment, TopicApis.OneBroker);
        }
        if (!validateOnly && !topics.Grow(wanted.Name, wanted.Count)) return (ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' was changed by another request");
        return (ErrorCode.None, null);
    }
}
