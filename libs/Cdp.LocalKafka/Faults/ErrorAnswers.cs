using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Faults;

/// <summary>Where each API's answers carry errors, as Kafka's own request classes answer an exception.</summary>
/// <param name="nameOf">The topic of an id, for requests that name topics so.</param>
internal sealed partial class ErrorAnswers(Func<Guid, string?> nameOf)
{
    // Made with the first fault: most brokers never have one, and should not start the later for it.
    private readonly Lazy<Dictionary<ApiKey, ErrorShape>> _shapes = new(() => OfClients(nameOf).Concat(OfAdministrators(nameOf)).ToDictionary());

    /// <summary>Null for an API into whose answers no errors can be put.</summary>
    public ErrorShape? Find(ApiKey api) => _shapes.Value.GetValueOrDefault(api);

    private static Dictionary<ApiKey, ErrorShape> OfClients(Func<Guid, string?> nameOf) => new()
    {
        [ApiKey.Produce] = new PartitionErrors<ProduceRequest, TopicProduceData, PartitionProduceData, ProduceResponse>(
            request => request.TopicData, topic => topic.Name, topic => topic.PartitionData, partition => partition.Index,
            (response, topic, refused, error) => response.Responses!.Add(new TopicProduceResponse
            {
                Name = topic.Name,
                PartitionResponses = refused.ConvertAll(partition => new PartitionProduceResponse { Index = partition, ErrorCode = error, BaseOffset = -1 }),
            })),
        [ApiKey.Fetch] = new PartitionErrors<FetchRequest, FetchTopic, FetchPartition, FetchResponse>(
            request => request.Topics, topic => topic.Topic.Length > 0 ? topic.Topic : nameOf(topic.TopicId), topic => topic.Partitions, partition => partition.Partition,
            (response, topic, refused, error) => response.Responses!.Add(new FetchableTopicResponse
            {
                Topic = topic.Topic,
                TopicId = topic.TopicId,
                Partitions = refused.ConvertAll(partition => new PartitionData { PartitionIndex = partition, ErrorCode = error, HighWatermark = -1 }),
            }))
        {
            // An error does not wait for records, and a session must not begin with what was not refused: it would never serve the rest.
            Prepare = request => (request.MaxWaitMs, request.SessionEpoch) = (0, FetchRequest.FinalEpoch),
            Unnamed = request => request.SessionEpoch > FetchRequest.FirstEpoch ? new FetchResponse { ErrorCode = ErrorCode.FetchSessionIdNotFound } : null,
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
            (request, target) => Asked(request).Any(topics => topics?.Exists(topic => (topic.PartitionIndexes ?? []).Exists(p => target.Covers(topic.Name, p))) != false), Mark),

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

    /// <summary>A fault of a partition stands with it, any other with the topic.</summary>
    private static void Mark(MetadataResponse response, FaultTarget target, ErrorCode error)
    {
        foreach (var topic in (response.Topics ?? []).Where(topic => target.Covers(topic.Name)))
        {
            if (target.Partition is null) (topic.ErrorCode, topic.Partitions) = (error, []);
            foreach (var partition in (topic.Partitions ?? []).Where(partition => target.Covers(topic.Name, partition.PartitionIndex)))
                (partition.ErrorCode, partition.LeaderId) = (error, -1);
        }
    }

    /// <summary>A fault of a topic or partition stands with its partitions, any other with the group.</summary>
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

    private static IEnumerable<List<OffsetFetchTopic>?> Asked(OffsetFetchRequest request) =>
        request.Groups is { Count: > 0 } groups ? groups.Select(group => group.Topics) : [request.Topics];

    private static FindCoordinatorResponse NoCoordinator(FindCoordinatorRequest request, short version, ErrorCode error) => version < 4
        ? new FindCoordinatorResponse { ErrorCode = error, NodeId = -1, Port = -1 }
        : new FindCoordinatorResponse
        {
            Coordinators = (request.CoordinatorKeys ?? []).ConvertAll(key => new FoundCoordinator { Key = key, ErrorCode = error, NodeId = -1, Port = -1 }),
        };

    /// <summary>All partitions are added or none: beside those refused, the others are answered OPERATION_NOT_ATTEMPTED.</summary>
    private sealed class AddPartitionsErrors : ErrorShape
    {
        public override bool NamesTopics => true;
        public override bool NamesPartitions => true;

        public override bool Names(IWireFields request, FaultTarget target) =>
            (((AddPartitionsToTxnRequest)request).Topics ?? []).Exists(topic => (topic.Partitions ?? []).Exists(partition => target.Covers(topic.Name, partition)));

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
