using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Protocol.Transactions;

namespace Cdp.LocalKafka.Faults;

/// <summary>The admin APIs. Each topic, resource, group or transactional id has its own error in the response.</summary>
internal sealed partial class ErrorAnswers
{
    private static Dictionary<ApiKey, ErrorShape> AdminApis(Func<Guid, string?> nameOf) => new()
    {
        [ApiKey.CreateTopics] = new ItemErrors<CreateTopicsRequest, CreatableTopic, CreateTopicsResponse>(
            request => request.Topics, topic => topic.Name,
            (response, topic, error) => response.Topics!.Add(new CreatableTopicResult { Name = topic.Name, ErrorCode = error })),
        [ApiKey.DeleteTopics] = new ItemErrors<DeleteTopicsRequest, DeleteTopicState, DeleteTopicsResponse>(
            ToDelete, topic => topic.Name ?? nameOf(topic.TopicId),
            (response, topic, error) => response.Responses!.Add(new DeletableTopicResult { Name = topic.Name, TopicId = topic.TopicId, ErrorCode = error })),
        [ApiKey.DescribeConfigs] = new ItemErrors<DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResponse>(
            request => request.Resources, resource => TopicOf(resource.ResourceType, resource.ResourceName),
            (response, resource, error) => response.Results!.Add(
                new DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error })),
        [ApiKey.CreatePartitions] = new ItemErrors<CreatePartitionsRequest, CreatePartitionsTopic, CreatePartitionsResponse>(
            request => request.Topics, topic => topic.Name,
            (response, topic, error) => response.Results!.Add(new CreatePartitionsResult { Name = topic.Name, ErrorCode = error })),
        [ApiKey.AlterConfigs] = new ItemErrors<AlterConfigsRequest, AlterConfigsResource, AlterConfigsResponse>(
            request => request.Resources, resource => TopicOf(resource.ResourceType, resource.ResourceName),
            (response, resource, error) => response.Responses!.Add(
                new AlteredResource { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error })),
        [ApiKey.IncrementalAlterConfigs] = new ItemErrors<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResource, AlterConfigsResponse>(
            request => request.Resources, resource => TopicOf(resource.ResourceType, resource.ResourceName),
            (response, resource, error) => response.Responses!.Add(
                new AlteredResource { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error })),

        [ApiKey.DeleteRecords] = new PartitionErrors<DeleteRecordsRequest, DeleteRecordsTopic, DeleteRecordsPartition, DeleteRecordsResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.Partitions, partition => partition.PartitionIndex,
            (response, topic, refused, error) => response.Topics!.Add(new DeleteRecordsTopicResult
            {
                Name = topic.Name,
                Partitions = refused.ConvertAll(partition => new DeleteRecordsPartitionResult { PartitionIndex = partition, ErrorCode = error }),
            })),
        [ApiKey.OffsetForLeaderEpoch] = new PartitionErrors<
            OffsetForLeaderEpochRequest, OffsetForLeaderTopic, OffsetForLeaderPartition, OffsetForLeaderEpochResponse>(
            request => request.Topics, topic => topic.Topic, topic => topic.Partitions, partition => partition.Partition,
            (response, topic, refused, error) => response.Topics!.Add(new OffsetForLeaderTopicResult
            {
                Topic = topic.Topic,
                Partitions = refused.ConvertAll(partition => new EpochEndOffset { Partition = partition, ErrorCode = error }),
            })),
        [ApiKey.OffsetDelete] = new PartitionErrors<OffsetDeleteRequest, OffsetDeleteTopic, OffsetDeletePartition, OffsetDeleteResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.Partitions, partition => partition.PartitionIndex,
            (response, topic, refused, error) => response.Topics!.Add(Committed(topic.Name, refused, error))),
        [ApiKey.DescribeProducers] = new PartitionErrors<DescribeProducersRequest, DescribeProducersTopic, int, DescribeProducersResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.PartitionIndexes, partition => partition,
            (response, topic, refused, error) => response.Topics!.Add(new DescribedProducersTopic
            {
                Name = topic.Name,
                Partitions = refused.ConvertAll(partition => new DescribedProducersPartition { PartitionIndex = partition, ErrorCode = error }),
            })),

        [ApiKey.DescribeCluster] = new WholeError<DescribeClusterRequest>((_, _, error) => new DescribeClusterResponse { ErrorCode = error }),
        [ApiKey.ListGroups] = new WholeError<ListGroupsRequest>((_, _, error) => new ListGroupsResponse { ErrorCode = error }),
        [ApiKey.ListTransactions] = new WholeError<ListTransactionsRequest>((_, _, error) => new ListTransactionsResponse { ErrorCode = error }),
        [ApiKey.DescribeGroups] = new WholeError<DescribeGroupsRequest>((request, _, error) =>
            new DescribeGroupsResponse { Groups = (request.Groups ?? []).ConvertAll(group => new DescribedGroup { GroupId = group, ErrorCode = error }) }),
        [ApiKey.DeleteGroups] = new WholeError<DeleteGroupsRequest>((request, _, error) =>
            new DeleteGroupsResponse { Results = (request.GroupsNames ?? []).ConvertAll(group => new DeletedGroup { GroupId = group, ErrorCode = error }) }),
        [ApiKey.DescribeTransactions] = new WholeError<DescribeTransactionsRequest>((request, _, error) => new DescribeTransactionsResponse
        {
            TransactionStates = (request.TransactionalIds ?? []).ConvertAll(id => new DescribedTransaction { TransactionalId = id, ErrorCode = error }),
        }),
        [ApiKey.WriteTxnMarkers] = new WholeError<WriteTxnMarkersRequest>((request, _, error) =>
            new WriteTxnMarkersResponse { Markers = (request.Markers ?? []).ConvertAll(marker => NotWritten(marker, error)) }),
    };

    private static string? TopicOf(sbyte resourceType, string name) => resourceType == ConfigResource.Topic ? name : null;

    // Up to version 5 the request has a list of topic names. It is converted here to the form of later versions.
    private static List<DeleteTopicState> ToDelete(DeleteTopicsRequest request)
    {
        request.Topics ??= [];
        request.Topics.AddRange((request.TopicNames ?? []).Select(name => new DeleteTopicState { Name = name }));
        request.TopicNames = [];
        return request.Topics;
    }

    private static WrittenTxnMarker NotWritten(WritableTxnMarker marker, ErrorCode error) => new()
    {
        ProducerId = marker.ProducerId,
        Topics = (marker.Topics ?? []).ConvertAll(topic => new WrittenTxnMarkerTopic
        {
            Name = topic.Name,
            Partitions = (topic.PartitionIndexes ?? []).ConvertAll(
                partition => new WrittenTxnMarkerPartition { PartitionIndex = partition, ErrorCode = error }),
        }),
    };
}
