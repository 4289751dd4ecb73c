using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Transactions;

namespace Cdp.LocalKafka.Faults;

/// <summary>Where the response of each API carries errors. Follows the <c>getErrorResponse</c> methods of Kafka's request classes.</summary>
/// <param name="nameOf">Looks up the name of a topic by its id, for requests that identify topics by id.</param>
internal sealed partial class ErrorAnswers(Func<Guid, string?> nameOf)
{
    // Created with the first fault. Most brokers never have one, and creating it eagerly would slow down their start.
    private readonly Lazy<Dictionary<ApiKey, ErrorShape>> _shapes = new(() => ClientApis(nameOf).Concat(AdminApis(nameOf)).ToDictionary());

    /// <summary>Returns null for an API whose responses cannot carry an injected error.</summary>
    public ErrorShape? Find(ApiKey api) => _shapes.Value.GetValueOrDefault(api);

    private static Dictionary<ApiKey, ErrorShape> ClientApis(Func<Guid, string?> nameOf) => new()
    {
        [ApiKey.Produce] = new PartitionErrors<ProduceRequest, TopicProduceData, PartitionProduceData, ProduceResponse>(
            request => request.TopicData, topic => topic.Name, topic => topic.PartitionData, partition => partition.Index,
            (response, topic, refused, error) => response.Responses!.Add(new TopicProduceResponse
            {
                Name = topic.Name,
                PartitionResponses = refused.ConvertAll(partition => new PartitionProduceResponse { Index = partition, ErrorCode = error, BaseOffset = -1 }),
            })),
        [ApiKey.Fetch] = new PartitionErrors<FetchRequest, FetchTopic, FetchPartition, FetchResponse>(
            request => request.Topics,
            topic => topic.Topic.Length > 0 ? topic.Topic : nameOf(topic.TopicId),
            topic => topic.Partitions,
            partition => partition.Partition,
            (response, topic, refused, error) => response.Responses!.Add(new FetchableTopicResponse
            {
                Topic = topic.Topic,
                TopicId = topic.TopicId,
                Partitions = refused.ConvertAll(partition => new PartitionData { PartitionIndex = partition, ErrorCode = error, HighWatermark = -1 }),
            }))
        {
            // An error must be reported at once, so the fetch does not wait for records. It must not start a session either:
            // a session that begins without the refused partitions would never serve them.
            Prepare = request => (request.MaxWaitMs, request.SessionEpoch) = (0, FetchRequest.FinalEpoch),
            FullRequestNeeded = request => request.SessionEpoch > FetchRequest.FirstEpoch
                ? new FetchResponse { ErrorCode = ErrorCode.FetchSessionIdNotFound }
                : null,
        },
        [ApiKey.ListOffsets] = new PartitionErrors<ListOffsetsRequest, ListOffsetsTopic, ListOffsetsPartition, ListOffsetsResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.Partitions, partition => partition.PartitionIndex,
            (response, topic, refused, error) => response.Topics!.Add(new ListOffsetsTopicResponse
            {
                Name = topic.Name,
                Partitions = refused.ConvertAll(partition => new ListOffsetsPartitionResponse { PartitionIndex = partition, ErrorCode = error }),
            })),
        [ApiKey.OffsetCommit] = new PartitionErrors<OffsetCommitRequest, OffsetCommitTopic, OffsetCommitPartition, OffsetCommitResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.Partitions, partition => partition.PartitionIndex,
            (response, topic, refused, error) => response.Topics!.Add(Committed(topic.Name, refused, error))),
        [ApiKey.TxnOffsetCommit] = new PartitionErrors<TxnOffsetCommitRequest, TxnOffsetCommitTopic, TxnOffsetCommitPartition, TxnOffsetCommitResponse>(
            request => request.Topics, topic => topic.Name, topic => topic.Partitions, partition => partition.PartitionIndex,
            (response, topic, refused, error) => response.Topics!.Add(Committed(topic.Name, refused, error))),
        [ApiKey.AddPartitionsToTxn] = new AddPartitionsErrors(),

        [ApiKey.Metadata] = new ReadErrors<MetadataRequest, MetadataResponse>(
            (request, target) => request.Topics?.Exists(topic => target.Covers(topic.Name ?? nameOf(topic.TopicId))) != false, Mark),
        [ApiKey.OffsetFetch] = new ReadErrors<OffsetFetchRequest, OffsetFetchResponse>(
            (request, target) => RequestedTopics(request)
                .Any(topics => topics?.Exists(topic => (topic.PartitionIndexes ?? []).Exists(p => target.Covers(topic.Name, p))) != false),
            Mark),

        [ApiKey.ApiVersions] = new WholeError<ApiVersionsRequest>((_, _, error) => new ApiVersionsResponse { ErrorCode = error }),
        [ApiKey.FindCoordinator] = new WholeError<FindCoordinatorRequest>((request, version, error) => NoCoordinator(request, version, error)),
        [ApiKey.JoinGroup] = new WholeError<JoinGroupRequest>((request, _, error) => new JoinGroupResponse { ErrorCode = error, MemberId = request.MemberId }),
        [ApiKey.SyncGroup] = new WholeError<SyncGroupRequest>((_, _, error) => new SyncGroupResponse { ErrorCode = error }),
        [ApiKey.Heartbeat] = new WholeError<HeartbeatRequest>((_, _, error) => new HeartbeatResponse { ErrorCode = error }),
        [ApiKey.LeaveGroup] = new WholeError<LeaveGroupRequest>((_, _, error) => new LeaveGroupResponse { ErrorCode = error }),
        [ApiKey.InitProducerId] = new WholeError<InitProducerIdRequest>((_, _, error) => new InitProducerIdResponse { ErrorCode = error }),
        [ApiKey.AddOffsetsToTxn] = new WholeError<AddOffsetsToTxnRequest>((_, _, error) => new AddOffsetsToTxnResponse { ErrorCode = error }),
        [ApiKey.EndTxn] = new WholeError<EndTxnRequest>((_, _, error) => new EndTxnResponse { ErrorCode = error }),
    };

    private static CommittedTopic Committed(string topic, List<int> refused, ErrorCode error) => new()
    {
        Name = topic,
        Partitions = refused.ConvertAll(partition => new CommittedPartition { PartitionIndex = partition, ErrorCode = error }),
    };

    /// <summary>Puts the error of a partition fault on the partition, and any other error on the topic.</summary>
    private static void Mark(MetadataResponse response, FaultTarget target, ErrorCode error)
    {
        foreach (var topic in (response.Topics ?? []).Where(topic => target.Covers(topic.Name)))
        {
            if (target.Partition is null) (topic.ErrorCode, topic.Partitions) = (error, []);
            foreach (var partition in (topic.Partitions ?? []).Where(partition => target.Covers(topic.Name, partition.PartitionIndex)))
                (partition.ErrorCode, partition.LeaderId) = (error, -1);
        }
    }

    /// <summary>Puts the error of a topic or partition fault on the partitions, and any other error on the group.</summary>
    private static void Mark(OffsetFetchResponse response, FaultTarget target, ErrorCode error)
    {
        if (!target.IsNarrow) response.ErrorCode = error;
        foreach (var group in response.Groups ?? []) if (!target.IsNarrow) group.ErrorCode = error;
        foreach (var topic in (response.Groups ?? []).SelectMany(group => group.Topics ?? []).Concat(response.Topics ?? []))
        {
            foreach (var partition in (topic.Partitions ?? []).Where(partition => target.Covers(topic.Name, partition.PartitionIndex)))
                (partition.ErrorCode, partition.CommittedOffset, partition.CommittedLeaderEpoch, partition.Metadata) = (error, -1, -1, "");
        }
    }

    private static IEnumerable<List<OffsetFetchTopic>?> RequestedTopics(OffsetFetchRequest request) =>
        request.Groups is { Count: > 0 } groups ? groups.Select(group => group.Topics) : [request.Topics];

    private static FindCoordinatorResponse NoCoordinator(FindCoordinatorRequest request, short version, ErrorCode error) => version < 4
        ? new FindCoordinatorResponse { ErrorCode = error, NodeId = -1, Port = -1 }
        : new FindCoordinatorResponse
        {
            Coordinators = (request.CoordinatorKeys ?? []).ConvertAll(key => new FoundCoordinator { Key = key, ErrorCode = error, NodeId = -1, Port = -1 }),
        };

    /// <summary>AddPartitionsToTxn adds all partitions or none: the partitions that the fault does not cover fail with OPERATION_NOT_ATTEMPTED.</summary>
    private sealed class AddPartitionsErrors : ErrorShape
    {
        public override bool NamesTopics => true;
        public override bool NamesPartitions => true;

        public override bool Names(IWireFields request, FaultTarget target) =>
            (((AddPartitionsToTxnRequest)request).Topics ?? []).Exists(
                topic => (topic.Partitions ?? []).Exists(partition => target.Covers(topic.Name, partition)));

        public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error) =>
            new(HandleRest: false, _ => new AddPartitionsToTxnResponse
            {
                Results = (((AddPartitionsToTxnRequest)request).Topics ?? []).ConvertAll(topic => new AddedTopic
                {
                    Name = topic.Name,
                    Results = (topic.Partitions ?? []).ConvertAll(partition => new AddedPartition
                    {
                        PartitionIndex = partition,
                        ErrorCode = target.Covers(topic.Name, partition) ? error : ErrorCode.OperationNotAttempted,
                    }),
                }),
            });
    }
}
