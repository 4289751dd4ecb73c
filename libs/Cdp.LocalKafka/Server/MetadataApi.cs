using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Names the node, and the topics by name or by id.</summary>
internal sealed class MetadataApi(TopicStore topics, BrokerNode node, LocalKafkaOptions options)
{
    private const short FirstWithNullForAll = 1;

    public Api Row => Api.Of<MetadataRequest>(ApiKey.Metadata, 0, 12, 9, (context, request) => Task.FromResult<IWireFields?>(Answer(context, request)));

    private MetadataResponse Answer(RequestContext context, MetadataRequest request)
    {
        var all = request.Topics is null || (request.Topics.Count == 0 && context.ApiVersion < FirstWithNullForAll);
        return new MetadataResponse
        {
            Brokers = [new MetadataBroker { NodeId = BrokerNode.Id, Host = node.Host, Port = node.Port }],
            ClusterId = node.ClusterId,
            ControllerId = BrokerNode.Id,
            Topics = all ? [.. topics.All.Select(Described)] : [.. request.Topics!.Select(wanted => Find(wanted, request.AllowAutoTopicCreation))],
        };
    }

    private MetadataTopic Find(MetadataRequestTopic wanted, bool mayCreate)
    {
        if (wanted.Name is not { } name)
        {
            return topics.Find(wanted.TopicId) is { } byId
                ? Described(byId)
                : new MetadataTopic { ErrorCode = ErrorCode.UnknownTopicId, TopicId = wanted.TopicId };
        }
        if (topics.Find(name) is { } topic) return Described(topic);
        if (TopicName.Problem(name) is not null) return new MetadataTopic { ErrorCode = ErrorCode.InvalidTopicException, Name = name };
        if (!options.AutoCreateTopics || !mayCreate) return new MetadataTopic { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = name };
        topics.Create(name, options.DefaultPartitions, new Dictionary<string, string>());
        return topics.Find(name) is { } created ? Described(created) : new MetadataTopic { ErrorCode = ErrorCode.LeaderNotAvailable, Name = name };
    }

    private static MetadataTopic Described(Topic topic) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        IsInternal = topic.IsInternal,
        Partitions = [.. topic.Partitions.Select(partition => new MetadataPartition
        {
            PartitionIndex = partition.Partition,
            LeaderId = BrokerNode.Id,
            LeaderEpoch = BrokerNode.LeaderEpoch,
            ReplicaNodes = [BrokerNode.Id],
            IsrNodes = [BrokerNode.Id],
        })],
    };
}
