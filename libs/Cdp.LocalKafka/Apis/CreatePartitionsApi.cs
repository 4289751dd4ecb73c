using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Adds partitions to topics. Partitions cannot be removed. The checks are Kafka's (ReplicationControlManager).</summary>
internal sealed class CreatePartitionsApi(TopicStore topics)
{
    public Api Row => Api.Of<CreatePartitionsRequest>(ApiKey.CreatePartitions, 0, 3, 2, (_, request) => Answer(request));

    private CreatePartitionsResponse Answer(CreatePartitionsRequest request)
    {
        var response = new CreatePartitionsResponse();
        foreach (var same in (request.Topics ?? []).GroupBy(topic => topic.Name))
        {
            var (error, problem) = same.Count() > 1
                ? (ErrorCode.InvalidRequest, "the request names the topic more than once")
                : Grow(same.First(), request.ValidateOnly);
            response.Results!.Add(new CreatePartitionsResult { Name = same.Key, ErrorCode = error, ErrorMessage = problem });
        }
        return response;
    }

    private (ErrorCode Error, string? Problem) Grow(CreatePartitionsTopic wanted, bool validateOnly)
    {
        if (topics.Find(wanted.Name) is not { } topic) return (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{wanted.Name}'");
        var more = (long)wanted.Count - topic.Partitions.Count;
        if (more == 0) return (ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' already has {wanted.Count} partitions");
        if (more < 0)
            return (
                ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' has {topic.Partitions.Count} partitions; the number cannot be reduced to {wanted.Count}");
        if (more > TopicApis.MaxPartitions)
            return (ErrorCode.PolicyViolation, $"{more} new partitions in one request; the limit is {TopicApis.MaxPartitions}");
        if (wanted.Assignments is { } assignments)
        {
            if (assignments.Count != more) return (ErrorCode.InvalidReplicaAssignment, $"{assignments.Count} assignments for {more} new partitions");
            if (assignments.Exists(assignment => assignment.BrokerIds is not [BrokerNode.Id]))
                return (ErrorCode.InvalidReplicaAssignment, TopicApis.OneBroker);
        }
        if (!validateOnly && !topics.Grow(wanted.Name, wanted.Count))
            return (ErrorCode.InvalidPartitions, $"topic '{wanted.Name}' was changed by another request");
        return (ErrorCode.None, null);
    }
}
