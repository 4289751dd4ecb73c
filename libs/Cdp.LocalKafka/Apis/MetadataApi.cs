using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Describes the node, the cluster, and topics by name or id.</summary>
internal sealed class MetadataApi(TopicStore topics, BrokerNode node, LocalKafkaOptions options)
{
    private const short FirstWithNullForAll = 1;
    private const short FirstWithIds = 12;

    public IEnumerable<Api> Rows =>
    [
        Api.Of<MetadataRequest>(ApiKey.Metadata, 0, 13, 9, (context, request) => Answer(context, request)),
        Api.Of<DescribeClusterRequest>(ApiKey.DescribeCluster, 0, 2, 0, (context, request) => Answer(context, request)),
    ];

    private MetadataResponse Answer(RequestContext context, MetadataRequest request)
    {
        var all = request.Topics is null || (request.Topics.Count == 0 && context.ApiVersion < FirstWithNullForAll);
        var described = all ? [.. topics.All.Select(Described)] : Find(request.Topics!, request.AllowAutoTopicCreation, context.ApiVersion);
        if (request.IncludeTopicAuthorizedOperations)
        {
            foreach (var topic in described.Where(topic => topic.ErrorCode == ErrorCode.None))
                topic.TopicAuthorizedOperations = AuthorizedOperations.Topic;
        }
        return new MetadataResponse
        {
            Brokers = [new MetadataBroker { NodeId = BrokerNode.Id, Host = node.Host, Port = node.Port }],
            ClusterId = node.ClusterId,
            ControllerId = BrokerNode.Id,
            Topics = described,
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.Unasked,
        };
    }

    // Versions 10 and 11 have a field for the id, but no broker has ever used it. If there are ids, names are ignored.
    private List<MetadataTopic> Find(List<MetadataRequestTopic> wanted, bool mayCreate, short version)
    {
        if (version < FirstWithIds && wanted.Exists(topic => topic.Name is null || topic.TopicId != Guid.Empty))
            return [.. wanted.Select(topic => new MetadataTopic { ErrorCode = ErrorCode.InvalidRequest, Name = topic.Name ?? "", TopicId = topic.TopicId })];
        var ids = wanted.Select(topic => topic.TopicId).Where(id => id != Guid.Empty).Distinct().ToList();
        return ids.Count > 0
            ? ids.ConvertAll(id => topics.Find(id) is { } topic ? Described(topic) : new MetadataTopic { ErrorCode = ErrorCode.UnknownTopicId, TopicId = id })
            : [.. wanted.Select(topic => topic.Name).OfType<string>().Distinct().Select(name => Find(name, mayCreate))];
    }

    private MetadataTopic Find(string name, bool mayCreate)
    {
        if (topics.Find(name) is { } topic) return Described(topic);
        if (TopicName.Problem(name) is not null) return new MetadataTopic { ErrorCode = ErrorCode.InvalidTopicException, Name = name };
        if (!options.AutoCreateTopics || !mayCreate) return new MetadataTopic { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = name };
        if (topics.FindColliding(name) is not null) return new MetadataTopic { ErrorCode = ErrorCode.InvalidTopicException, Name = name };
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

    private DescribeClusterResponse Answer(RequestContext context, DescribeClusterRequest request) => request.EndpointType switch
    {
        DescribeClusterRequest.Brokers => new DescribeClusterResponse
        {
            ClusterId = node.ClusterId,
            ControllerId = BrokerNode.Id,
            Brokers = [new DescribedBroker { BrokerId = BrokerNode.Id, Host = node.Host, Port = node.Port }],
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.Unasked,
        },
        DescribeClusterRequest.Controllers => Refused(
            context, ErrorCode.MismatchedEndpointType, "this endpoint belongs to a broker, but the request asks for controllers"),
        _ => Refused(context, ErrorCode.UnsupportedEndpointType, $"there is no endpoint type {request.EndpointType}"),
    };

    private static DescribeClusterResponse Refused(RequestContext context, ErrorCode error, string problem) =>
        new() { ErrorCode = context.ApiVersion == 0 ? ErrorCode.InvalidRequest : error, ErrorMessage = problem };
}
