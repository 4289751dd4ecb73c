using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Apis;

/// <summary>CreatePartitions, the two ways to alter configs, DescribeConfigs and DeleteTopics, against a store without a network.</summary>
public sealed class AdminApiTests : IDisposable
{
    private const sbyte TopicResource = ConfigResource.Topic;
    private const sbyte BrokerResource = ConfigResource.Broker;
    private readonly TempDirectory _directory = new();
    private readonly TopicStore _store;

    public AdminApiTests()
    {
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        _store.Create("t", 2, new Dictionary<string, string> { ["retention.ms"] = "1000" });
    }

    public void Dispose()
    {
        _store.Close(flush: false);
        _directory.Dispose();
    }

    private LocalKafkaOptions Options => new() { DataDirectory = _directory.Path };

    [Theory]
    [InlineData("t", 3, null, ErrorCode.None)]
    [InlineData("t", 3, "1", ErrorCode.None)]
    [InlineData("t", 2, null, ErrorCode.InvalidPartitions)]
    [InlineData("t", 1, null, ErrorCode.InvalidPartitions)]
    [InlineData("t", -1, null, ErrorCode.InvalidPartitions)]
    [InlineData("t", int.MinValue, null, ErrorCode.InvalidPartitions)]
    [InlineData("t", 20_000, null, ErrorCode.PolicyViolation)]
    [InlineData("absent", 3, null, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("t", 3, "", ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", 3, "2", ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", 3, "1,1", ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", 4, "1", ErrorCode.InvalidReplicaAssignment)]
    internal async Task CreatePartitions_ValidOrInvalid_GrowsOrReturnsTheError(string topic, int count, string? brokers, ErrorCode expected)
    {
        List<CreatePartitionsAssignment>? assignments = brokers is null ? null : [
            new() { BrokerIds = [.. brokers.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)] },
        ];
        var wanted = new CreatePartitionsTopic { Name = topic, Count = count, Assignments = assignments };

        var validated = await Grow(true, wanted);
        Assert.Equal(expected, Assert.Single(validated).ErrorCode);
        Assert.Equal(2, _store.Find("t")!.Partitions.Count);

        var done = Assert.Single(await Grow(false, wanted));
        Assert.Equal((expected, expected == ErrorCode.None), (done.ErrorCode, done.ErrorMessage is null));
        Assert.Equal(expected == ErrorCode.None ? 3 : 2, _store.Find("t")!.Partitions.Count);
    }

    [Fact]
    public async Task CreatePartitions_SameTopicTwice_IsRefusedOnce()
    {
        var result = Assert.Single(await Grow(false, new() { Name = "t", Count = 3 }, new() { Name = "t", Count = 4 }));
        Assert.Equal(("t", ErrorCode.InvalidRequest), (result.Name, result.ErrorCode));
        Assert.Equal(2, _store.Find("t")!.Partitions.Count);
    }

    [Fact]
    public async Task IncrementalAlterConfigs_NamedConfigs_LeavesTheOthers()
    {
        Assert.Equal(
            ErrorCode.None, await Change("t", ("cleanup.policy", ConfigOperation.Append, "compact"), ("max.message.bytes", ConfigOperation.Set, " 5000 ")));
        Assert.Equal(["cleanup.policy=delete,compact", "max.message.bytes=5000", "retention.ms=1000"], Set);

        Assert.Equal(ErrorCode.None, await Change("t", ("retention.ms", ConfigOperation.Delete, null), ("never.set", ConfigOperation.Delete, null)));
        Assert.Equal(["cleanup.policy=delete,compact", "max.message.bytes=5000"], Set);
    }

    [Theory]
    [InlineData("t", "no.such.config", ConfigOperation.Set, "1", ErrorCode.InvalidConfig)]
    [InlineData("t", "segment.bytes", ConfigOperation.Set, "1000", ErrorCode.InvalidConfig)]
    [InlineData("t", "retention.ms", ConfigOperation.Append, "1", ErrorCode.InvalidConfig)]
    [InlineData("t", "retention.ms", ConfigOperation.Set, null, ErrorCode.InvalidRequest)]
    [InlineData("t", "retention.ms", (ConfigOperation)4, "1", ErrorCode.InvalidRequest)]
    [InlineData("", "retention.ms", ConfigOperation.Set, "1", ErrorCode.InvalidRequest)]
    [InlineData("bad name", "retention.ms", ConfigOperation.Set, "1", ErrorCode.InvalidTopicException)]
    [InlineData("absent", "retention.ms", ConfigOperation.Set, "1", ErrorCode.UnknownTopicOrPartition)]
    internal async Task IncrementalAlterConfigs_OneInvalidChange_ChangesNothing(
        string topic, string name, ConfigOperation operation, string? value, ErrorCode expected)
    {
        Assert.Equal(expected, await Change(topic, ("max.message.bytes", ConfigOperation.Set, "5000"), (name, operation, value)));
        Assert.Equal(["retention.ms=1000"], Set);
    }

    [Fact]
    public async Task IncrementalAlterConfigs_SameConfigOrResourceTwice_IsRefused()
    {
        Assert.Equal(ErrorCode.InvalidRequest, await Change("t", ("retention.ms", ConfigOperation.Set, "1"), ("retention.ms", ConfigOperation.Delete, null)));
        var both = await Api(ApiKey.IncrementalAlterConfigs).Call<AlterConfigsResponse>(
            new IncrementalAlterConfigsRequest { Resources = [Resource("t"), Resource("t")] });
        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest], both.Responses!.Select(response => response.ErrorCode));
        Assert.Equal(["retention.ms=1000"], Set);
    }

    [Fact]
    public async Task IncrementalAlterConfigs_ValidateOnly_ChangesNothing()
    {
        var request = new IncrementalAlterConfigsRequest { Resources = [Resource("t", ("retention.ms", ConfigOperation.Set, "1"))], ValidateOnly = true };
        var response = await Api(ApiKey.IncrementalAlterConfigs).Call<AlterConfigsResponse>(request);
        Assert.Equal(ErrorCode.None, Assert.Single(response.Responses!).ErrorCode);
        Assert.Equal(["retention.ms=1000"], Set);
    }

    [Theory]
    [InlineData(BrokerResource, "1", true, ErrorCode.InvalidRequest)]
    [InlineData(BrokerResource, "1", false, ErrorCode.None)]
    [InlineData(BrokerResource, "", true, ErrorCode.InvalidRequest)]
    [InlineData(BrokerResource, "2", false, ErrorCode.InvalidRequest)]
    [InlineData((sbyte)77, "x", false, ErrorCode.InvalidRequest)]
    internal async Task IncrementalAlterConfigs_Broker_IsRefused(sbyte type, string name, bool change, ErrorCode expected)
    {
        var resource = change ? Resource(name, ("log.retention.ms", ConfigOperation.Set, "1")) : Resource(name);
        resource.ResourceType = type;
        var response = await Api(ApiKey.IncrementalAlterConfigs).Call<AlterConfigsResponse>(new IncrementalAlterConfigsRequest { Resources = [resource] });
        var result = Assert.Single(response.Responses!);
        Assert.Equal((expected, type, name), (result.ErrorCode, result.ResourceType, result.ResourceName));
    }

    [Fact]
    public async Task AlterConfigs_OneConfig_ResetsTheOthers()
    {
        var resource = new AlterConfigsResource { ResourceType = TopicResource, ResourceName = "t", Configs = [new() { Name = "segment.ms", Value = "5" }] };
        var response = await Api(ApiKey.AlterConfigs).Call<AlterConfigsResponse>(new AlterConfigsRequest { Resources = [resource] });
        Assert.Equal(ErrorCode.None, Assert.Single(response.Responses!).ErrorCode);
        Assert.Equal(["segment.ms=5"], Set);
    }

    [Fact]
    public async Task DescribeConfigs_Topic_ReturnsSourceSynonymsAndDocumentation()
    {
        var configs = (await Describe(TopicResource, "t", synonyms: true, documentation: true)).Configs!.ToDictionary(config => config.Name);

        var set = configs["retention.ms"];
        Assert.Equal(("1000", (sbyte)ConfigSource.Topic, (sbyte)ConfigType.Long, false), (set.Value, set.ConfigSource, set.ConfigType, set.ReadOnly));
        Assert.Equal(["retention.ms=1000 from 1"], Synonyms(set));
        var left = configs["max.message.bytes"];
        Assert.Equal(("1048588", (sbyte)ConfigSource.Default), (left.Value, left.ConfigSource));
        Assert.Equal(["message.max.bytes=1048588 from 5"], Synonyms(left));
        Assert.All(configs.Values, config => Assert.NotEmpty(config.Documentation!));

        var bare = (await Describe(TopicResource, "t", keys: ["retention.ms"])).Configs!;
        Assert.Equal(("retention.ms", null, 0), (Assert.Single(bare).Name, bare[0].Documentation, bare[0].Synonyms!.Count));
    }

    [Fact]
    public async Task DescribeConfigs_Broker_ReturnsItsConfigs()
    {
        var configs = (await Describe(BrokerResource, "1", synonyms: true)).Configs!.ToDictionary(config => config.Name);
        Assert.Equal(_directory.Path, configs["log.dirs"].Value);
        Assert.Equal(["auto.create.topics.enable=false from 4", "auto.create.topics.enable=true from 5"], Synonyms(configs["auto.create.topics.enable"]));
        Assert.Equal("1073741824", configs["log.segment.bytes"].Value);
        Assert.All(configs.Values, config => Assert.True(config.ReadOnly));
    }

    [Theory]
    [InlineData(TopicResource, "absent", ErrorCode.UnknownTopicOrPartition)]
    [InlineData(TopicResource, "", ErrorCode.InvalidTopicException)]
    [InlineData(BrokerResource, "", ErrorCode.None)]
    [InlineData(BrokerResource, "2", ErrorCode.InvalidRequest)]
    [InlineData((sbyte)77, "x", ErrorCode.InvalidRequest)]
    internal async Task DescribeConfigs_OtherResource_HasNone(sbyte type, string name, ErrorCode expected)
    {
        var result = await Describe(type, name);
        Assert.Equal((expected, 0), (result.ErrorCode, result.Configs!.Count));
    }

    [Theory]
    [InlineData(1, 0, "segment.bytes=2000000", ErrorCode.None)]
    [InlineData(-1, 2, "", ErrorCode.None)]
    [InlineData(10_001, 0, "", ErrorCode.PolicyViolation)]
    [InlineData(-1, 10_001, "", ErrorCode.PolicyViolation)]
    [InlineData(1, 0, "segment.bytes=14", ErrorCode.InvalidConfig)]
    [InlineData(1, 0, "retention.ms", ErrorCode.InvalidConfig)]
    [InlineData(1, 0, "retention.ms=1,retention.ms=2", ErrorCode.InvalidConfig)]
    internal async Task CreateTopics_ValidOrInvalid_CreatesOrReturnsTheError(int partitions, int assigned, string configs, ErrorCode expected)
    {
        var wanted = new CreatableTopic
        {
            Name = "new",
            NumPartitions = partitions,
            ReplicationFactor = -1,
            Assignments = [.. Enumerable.Range(0, assigned).Select(i => new ReplicaAssignment { PartitionIndex = i, BrokerIds = [1] })],
            Configs =
            [
                .. configs.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(config => config.Split('=')).Select(
                    config => new CreatableTopicConfig { Name = config[0], Value = config.ElementAtOrDefault(1) }),
            ],
        };
        var validated = Assert.Single(
            (await Api(ApiKey.CreateTopics).Call<CreateTopicsResponse>(new CreateTopicsRequest { Topics = [wanted], ValidateOnly = true })).Topics!);
        Assert.Equal((expected, true), (validated.ErrorCode, _store.Find("new") is null));

        var made = Assert.Single((await Api(ApiKey.CreateTopics).Call<CreateTopicsResponse>(new CreateTopicsRequest { Topics = [wanted] })).Topics!);
        Assert.Equal((expected, _store.Find("new")?.Id ?? Guid.Empty), (made.ErrorCode, made.TopicId));
        Assert.Equal(expected == ErrorCode.None ? 28 : 0, made.Configs!.Count);
    }

    [Fact]
    public async Task DeleteTopics_ByNameOrId_DeletesEachOnce()
    {
        _store.Create("u", 1, new Dictionary<string, string>());
        _store.Create("v", 1, new Dictionary<string, string>());
        var (u, v) = (_store.Find("u")!.Id, _store.Find("v")!.Id);
        var response = await Api(ApiKey.DeleteTopics).Call<DeleteTopicsResponse>(new DeleteTopicsRequest
        {
            Topics =
            [
                new() { Name = "t" }, new() { TopicId = u }, new() { Name = "v" }, new() { Name = "v" }, new() { Name = "v", TopicId = v }, new(),
                new() { TopicId = Guid.NewGuid() },
            ],
        });
        Assert.Equal(
            [ErrorCode.None, ErrorCode.None, ErrorCode.InvalidRequest, ErrorCode.InvalidRequest, ErrorCode.InvalidRequest, ErrorCode.UnknownTopicId],
            response.Responses!.Select(result => result.ErrorCode));
        Assert.Equal(["v"], _store.All.Where(topic => !topic.IsInternal).Select(topic => topic.Name));
    }

    private IEnumerable<string> Set => _store.Find("t")!.Configs.Select(config => $"{config.Key}={config.Value}");

    private static IEnumerable<string> Synonyms(DescribedConfig config) =>
        config.Synonyms!.Select(synonym => $"{synonym.Name}={synonym.Value} from {synonym.Source}");

    private Api Api(ApiKey key) => ((IEnumerable<Api>)
        [
            new CreatePartitionsApi(_store).Row, new ConfigsApi(_store, Options).Row, .. new AlterConfigsApi(_store).Rows,
            .. new TopicApis(_store, Options, _ => { }).Rows,
        ]).Single(api => api.Key == key);

    private async Task<List<CreatePartitionsResult>> Grow(bool validateOnly, params List<CreatePartitionsTopic> topics) =>
        (await Api(ApiKey.CreatePartitions).Call<CreatePartitionsResponse>(
                new CreatePartitionsRequest { Topics = topics, ValidateOnly = validateOnly })).Results!;

    private async Task<ErrorCode> Change(string topic, params (string, ConfigOperation, string?)[] changes)
    {
        var response = await Api(ApiKey.IncrementalAlterConfigs).Call<AlterConfigsResponse>(
            new IncrementalAlterConfigsRequest { Resources = [Resource(topic, changes)] });
        return Assert.Single(response.Responses!).ErrorCode;
    }

    private static IncrementalAlterConfigsResource Resource(string name, params (string Name, ConfigOperation Operation, string? Value)[] changes) => new()
    {
        ResourceType = TopicResource,
        ResourceName = name,
        Configs =
        [
            .. changes.Select(change => new IncrementalAlterConfig { Name = change.Name, ConfigOperation = (sbyte)change.Operation, Value = change.Value }),
        ],
    };

    private async Task<DescribeConfigsResult> Describe(sbyte type, string name, List<string>? keys = null, bool synonyms = false, bool documentation = false)
    {
        var resource = new DescribeConfigsResource { ResourceType = type, ResourceName = name, ConfigurationKeys = keys };
        var request = new DescribeConfigsRequest { Resources = [resource], IncludeSynonyms = synonyms, IncludeDocumentation = documentation };
        return Assert.Single((await Api(ApiKey.DescribeConfigs).Call<DescribeConfigsResponse>(request)).Results!);
    }
}
