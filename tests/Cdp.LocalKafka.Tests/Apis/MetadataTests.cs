using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Apis;

public sealed class MetadataTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TopicStore _store;

    public MetadataTests()
    {
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        _store.Create("t", 2, new Dictionary<string, string>());
    }

    public void Dispose()
    {
        _store.Close(flush: false);
        _directory.Dispose();
    }

    private Guid Id => _store.Find("t")!.Id;

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 0)]
    [InlineData(13, 0)]
    public async Task Metadata_EmptyList_ReturnsAllTopicsOnlyInVersion0(short version, int topics) =>
        Assert.Equal(topics, (await Metadata(new() { Topics = [] }, version)).Topics!.Count);

    [Fact]
    public async Task Metadata_NullTopics_ReturnsAllTopics()
    {
        var answer = await Metadata(new() { Topics = null });
        Assert.Equal(
            [("__consumer_offsets", true), ("__transaction_state", true), ("t", false)], answer.Topics!.Select(topic => (topic.Name!, topic.IsInternal)));
        Assert.Equal((_store.ClusterId, 1, "host", 9), (answer.ClusterId, answer.ControllerId, answer.Brokers![0].Host, answer.Brokers[0].Port));
        Assert.Equal((int.MinValue, int.MinValue), (answer.ClusterAuthorizedOperations, answer.Topics![2].TopicAuthorizedOperations));
    }

    [Fact]
    public async Task Metadata_ById_ReturnsTheTopicWithThatId()
    {
        var old = Id;
        _store.Delete("t");
        _store.Create("t", 1, new Dictionary<string, string>());
        var answer = await Metadata(new() { Topics = [new() { TopicId = old }, new() { TopicId = Id }, new() { TopicId = Id }] });
        Assert.Equal(
            [(ErrorCode.UnknownTopicId, null, old), (ErrorCode.None, "t", Id)], answer.Topics!.Select(topic => (topic.ErrorCode, topic.Name, topic.TopicId)));
    }

    [Fact]
    public async Task Metadata_ByIdBeforeVersion12_IsInvalid()
    {
        var answer = await Metadata(new() { Topics = [new() { TopicId = Id }, new() { Name = "t" }] }, 11);
        Assert.Equal([(ErrorCode.InvalidRequest, ""), (ErrorCode.InvalidRequest, "t")], answer.Topics!.Select(topic => (topic.ErrorCode, topic.Name!)));
    }

    [Theory]
    [InlineData("new", true, true, ErrorCode.None)]
    [InlineData("new", false, true, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("new", true, false, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("bad name", true, true, ErrorCode.InvalidTopicException)]
    [InlineData("__consumer.offsets", true, true, ErrorCode.InvalidTopicException)]
    internal async Task Metadata_MissingTopic_IsCreatedOnlyIfBothSidesAllow(string name, bool broker, bool client, ErrorCode expected)
    {
        var answer = await Metadata(new() { Topics = [new() { Name = name }, new() { Name = name }], AllowAutoTopicCreation = client }, autoCreate: broker);
        Assert.Equal((expected, expected == ErrorCode.None ? 1 : 0), (Assert.Single(answer.Topics!).ErrorCode, answer.Topics![0].Partitions!.Count));
    }

    [Fact]
    public async Task Metadata_AfterPartitionsWereAdded_ReturnsThem()
    {
        _store.Grow("t", 5);
        var topic = Assert.Single((await Metadata(new() { Topics = [new() { Name = "t" }] })).Topics!);
        Assert.Equal([0, 1, 2, 3, 4], topic.Partitions!.Select(partition => partition.PartitionIndex));
    }

    [Fact]
    public async Task Metadata_IncludeAuthorizedOperations_ReturnsAllOfTheResource()
    {
        var metadata = await Metadata(new() { Topics = null, IncludeTopicAuthorizedOperations = true, IncludeClusterAuthorizedOperations = true }, 10);
        var cluster = await Cluster(new() { IncludeClusterAuthorizedOperations = true });
        int[] ofTopic = [3, 4, 5, 6, 7, 8, 10, 11], ofCluster = [5, 7, 8, 9, 10, 11, 12];
        Assert.Equal(ofTopic.Sum(bit => 1 << bit), metadata.Topics![2].TopicAuthorizedOperations);
        Assert.Equal(
            (ofCluster.Sum(bit => 1 << bit), ofCluster.Sum(bit => 1 << bit)), (metadata.ClusterAuthorizedOperations, cluster.ClusterAuthorizedOperations));
    }

    [Fact]
    public async Task DescribeCluster_Brokers_ReturnsTheSingleNode()
    {
        var answer = await Cluster(new());
        Assert.Equal(
            (ErrorCode.None, _store.ClusterId, 1, int.MinValue), (answer.ErrorCode, answer.ClusterId, answer.ControllerId, answer.ClusterAuthorizedOperations));
        Assert.Equal((1, "host", 9, false), (answer.Brokers![0].BrokerId, answer.Brokers[0].Host, answer.Brokers[0].Port, answer.Brokers[0].IsFenced));
    }

    [Theory]
    [InlineData(2, ErrorCode.MismatchedEndpointType)]
    [InlineData(3, ErrorCode.UnsupportedEndpointType)]
    internal async Task DescribeCluster_OtherEndpointTypes_IsRefused(sbyte type, ErrorCode expected) =>
        Assert.Equal(expected, (await Cluster(new() { EndpointType = type })).ErrorCode);

    private Task<MetadataResponse> Metadata(MetadataRequest request, short version = 13, bool autoCreate = false) =>
        Row(ApiKey.Metadata, autoCreate).Call<MetadataResponse>(request, version);

    private Task<DescribeClusterResponse> Cluster(DescribeClusterRequest request) => Row(ApiKey.DescribeCluster, false).Call<DescribeClusterResponse>(request);

    private Api Row(ApiKey key, bool autoCreate) =>
        new MetadataApi(
            _store, new BrokerNode("host", 9, _store.ClusterId), new LocalKafkaOptions
            {
                DataDirectory = _directory.Path,
                AutoCreateTopics = autoCreate,
            }).Rows.Single(api => api.Key == key);
}
