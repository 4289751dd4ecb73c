using System.Text;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Fuzz;

/// <summary>One sensible request of every API, as frames in every version: the fuzzer starts from these. A new API needs a line here.</summary>
internal static class Seeds
{
    public const string Topic = "t";

    private static readonly byte[] Text = Encoding.UTF8.GetBytes("some bytes");

    public static readonly IReadOnlyDictionary<ApiKey, Func<IWireFields>> Requests = new Dictionary<ApiKey, Func<IWireFields>>
    {
        [ApiKey.Produce] = () => Produce(SampleBatches.Plain(count: 3)),
        [ApiKey.Fetch] = () => new FetchRequest
        {
            MaxWaitMs = 10,
            MinBytes = 1,
            MaxBytes = 1 << 20,
            Topics =
            [
                new FetchTopic
                {
                    Topic = Topic,
                    TopicId = Guid.NewGuid(),
                    Partitions = [new FetchPartition { PartitionMaxBytes = 1 << 20 }, new FetchPartition { Partition = 1 }],
                },
            ],
            ForgottenTopicsData = [new ForgottenTopic { Topic = Topic, Partitions = [0] }],
        },
        [ApiKey.ListOffsets] = () => new ListOffsetsRequest
        {
            Topics =
            [
                new ListOffsetsTopic
                {
                    Name = Topic,
                    Partitions =
                    [
                        new ListOffsetsPartition { Timestamp = 1000 }, new ListOffsetsPartition { PartitionIndex = 1, Timestamp = OffsetSpec.MaxTimestamp },
                    ],
                },
            ],
        },
        [ApiKey.Metadata] = () => new MetadataRequest { Topics = [new MetadataRequestTopic { Name = Topic }, new MetadataRequestTopic { Name = "none" }] },
        [ApiKey.OffsetCommit] = () => new OffsetCommitRequest
        {
            GroupId = "g",
            Topics = [new OffsetCommitTopic { Name = Topic, Partitions = [new OffsetCommitPartition { CommittedOffset = 1, CommittedMetadata = "m" }] }],
        },
        [ApiKey.OffsetFetch] = () => new OffsetFetchRequest
        {
            GroupId = "g",
            Topics = [new OffsetFetchTopic { Name = Topic, PartitionIndexes = [0, 1] }],
            Groups = [new OffsetFetchGroup { GroupId = "g", Topics = [new OffsetFetchTopic { Name = Topic, PartitionIndexes = [0] }] }],
        },
        [ApiKey.FindCoordinator] = () => new FindCoordinatorRequest { Key = "g", CoordinatorKeys = ["g", "h"] },
        [ApiKey.JoinGroup] = () => new JoinGroupRequest
        {
            GroupId = "g",
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 10_000,
            ProtocolType = "consumer",
            GroupInstanceId = "i",
            Protocols = [new JoinGroupProtocol { Name = "range", Metadata = Text }, new JoinGroupProtocol { Name = "sticky", Metadata = Text }],
        },
        [ApiKey.Heartbeat] = () => new HeartbeatRequest { GroupId = "g", MemberId = "m", GenerationId = 1 },
        [ApiKey.LeaveGroup] = () => new LeaveGroupRequest
        {
            GroupId = "g",
            MemberId = "m",
            Members = [new LeavingMember { MemberId = "m" }, new LeavingMember { GroupInstanceId = "i" }],
        },
        [ApiKey.SyncGroup] = () => new SyncGroupRequest
        {
            GroupId = "g",
            GenerationId = 1,
            MemberId = "m",
            ProtocolType = "consumer",
            ProtocolName = "range",
            Assignments = [new SyncGroupAssignment { MemberId = "m", Assignment = Text }],
        },
        [ApiKey.ApiVersions] = () => new ApiVersionsRequest { ClientSoftwareName = "fuzzer", ClientSoftwareVersion = "1" },
        [ApiKey.CreateTopics] = () => new CreateTopicsRequest
        {
            Topics =
            [
                new CreatableTopic
                {
                    Name = "u",
                    NumPartitions = 1,
                    ReplicationFactor = 1,
                    Configs = [new CreatableTopicConfig { Name = "retention.ms", Value = "1000" }],
                },
                new CreatableTopic { Name = "v", NumPartitions = -1, ReplicationFactor = -1, Assignments = [new ReplicaAssignment { BrokerIds = [1] }] },
            ],
        },
        [ApiKey.DeleteTopics] = () => new DeleteTopicsRequest
        {
            TopicNames = ["u", "v"],
            Topics = [new DeleteTopicState { Name = "u" }, new DeleteTopicState { Name = "v" }],
        },
        [ApiKey.InitProducerId] = () => new InitProducerIdRequest { TransactionalId = "x", TransactionTimeoutMs = 60_000 },
        [ApiKey.AddPartitionsToTxn] = () => new AddPartitionsToTxnRequest
        {
            TransactionalId = "x",
            Topics = [new AddPartitionsTopic { Name = Topic, Partitions = [0, 1] }],
        },
        [ApiKey.AddOffsetsToTxn] = () => new AddOffsetsToTxnRequest { TransactionalId = "x", GroupId = "g" },
        [ApiKey.EndTxn] = () => new EndTxnRequest { TransactionalId = "x", Committed = true },
        [ApiKey.TxnOffsetCommit] = () => new TxnOffsetCommitRequest
        {
            TransactionalId = "x",
            GroupId = "g",
            Topics = [new TxnOffsetCommitTopic { Name = Topic, Partitions = [new TxnOffsetCommitPartition { CommittedOffset = 1 }] }],
        },
        [ApiKey.DescribeConfigs] = () => new DescribeConfigsRequest
        {
            Resources =
            [
                new DescribeConfigsResource { ResourceType = 2, ResourceName = Topic },
                new DescribeConfigsResource { ResourceType = 4, ResourceName = "1", ConfigurationKeys = ["log.dirs"] },
            ],
        },
        [ApiKey.CreatePartitions] = () => new CreatePartitionsRequest
        {
            Topics =
            [
                new CreatePartitionsTopic { Name = Topic, Count = 3 },
                new CreatePartitionsTopic { Name = "u", Count = 2, Assignments = [new CreatePartitionsAssignment { BrokerIds = [1] }] },
            ],
        },
        [ApiKey.AlterConfigs] = () => new AlterConfigsRequest
        {
            Resources =
            [
                new AlterConfigsResource { ResourceType = 2, ResourceName = "u", Configs = [new AlterableConfig { Name = "retention.ms", Value = "1000" }] },
            ],
        },
        [ApiKey.IncrementalAlterConfigs] = () => new IncrementalAlterConfigsRequest
        {
            Resources =
            [
                new IncrementalAlterConfigsResource
                {
                    ResourceType = 2,
                    ResourceName = Topic,
                    Configs =
                    [
                        new IncrementalAlterConfig { Name = "cleanup.policy", ConfigOperation = 2, Value = "compact" },
                        new IncrementalAlterConfig { Name = "retention.ms", ConfigOperation = 1 },
                    ],
                },
            ],
        },
        [ApiKey.DescribeCluster] = () => new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true },
        [ApiKey.OffsetForLeaderEpoch] = () => new OffsetForLeaderEpochRequest
        {
            Topics =
            [
                new OffsetForLeaderTopic
                {
                    Topic = Topic,
                    Partitions = [new OffsetForLeaderPartition(), new OffsetForLeaderPartition { Partition = 1, CurrentLeaderEpoch = 0 }],
                },
            ],
        },
        [ApiKey.DeleteRecords] = () => new DeleteRecordsRequest
        {
            Topics =
            [
                new DeleteRecordsTopic
                {
                    Name = Topic,
                    Partitions = [new DeleteRecordsPartition { Offset = 1 }, new DeleteRecordsPartition { PartitionIndex = 1, Offset = -1 }],
                },
            ],
        },
        [ApiKey.ListGroups] = () => new ListGroupsRequest { StatesFilter = ["Stable"], TypesFilter = ["classic"] },
        [ApiKey.DescribeGroups] = () => new DescribeGroupsRequest { Groups = ["g", "h"], IncludeAuthorizedOperations = true },
        [ApiKey.DeleteGroups] = () => new DeleteGroupsRequest { GroupsNames = ["h"] },
        [ApiKey.OffsetDelete] = () => new OffsetDeleteRequest
        {
            GroupId = "g",
            Topics = [new OffsetDeleteTopic { Name = Topic, Partitions = [new OffsetDeletePartition { PartitionIndex = 1 }] }],
        },
        [ApiKey.ListTransactions] = () => new ListTransactionsRequest { StateFilters = ["Ongoing"], ProducerIdFilters = [1] },
        [ApiKey.DescribeTransactions] = () => new DescribeTransactionsRequest { TransactionalIds = ["x", "y"] },
        [ApiKey.DescribeProducers] = () => new DescribeProducersRequest { Topics = [new DescribeProducersTopic { Name = Topic, PartitionIndexes = [0, 1] }] },
        [ApiKey.WriteTxnMarkers] = () => new WriteTxnMarkersRequest
        {
            Markers = [new WritableTxnMarker { ProducerId = 1, Topics = [new WritableTxnMarkerTopic { Name = Topic, PartitionIndexes = [0, 1] }] }],
        },
    };

    public static ProduceRequest Produce(byte[] batch) => new()
    {
        Acks = -1,
        TimeoutMs = 1000,
        TopicData = [new TopicProduceData { Name = Topic, PartitionData = [new PartitionProduceData { Records = new Records(batch, default) }] }],
    };

    /// <summary>A frame for every version of every API.</summary>
    public static List<byte[]> Frames(IEnumerable<Api> apis) =>
        [.. apis.SelectMany(api => Enumerable.Range(api.Min, api.Max - api.Min + 1).Select(version => Frame(api, (short)version, Requests[api.Key]())))];

    public static byte[] Frame(Api api, short version, IWireFields request) => RawClient.Request(api.Key, version, 1, request, api.IsFlexible(version));
}
