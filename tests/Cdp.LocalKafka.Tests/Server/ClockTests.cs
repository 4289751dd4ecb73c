using System.Buffers.Binary;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>A broker on the test's clock: nothing in it depends on the machine's clock.</summary>
[Trait("tier", "integration")]
public sealed class ClockTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private LocalKafkaBroker _broker = null!;
    private RawClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.Path, TimeProvider = _time, GroupInitialRebalanceDelay = TimeSpan.Zero });
        _client = new RawClient(_broker.Port);
        await _client.Call<CreateTopicsResponse>(
            ApiKey.CreateTopics, 2, new CreateTopicsRequest { Topics = [new CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }] });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Fetch_LongPoll_EndsByTheBrokersClock()
    {
        var fetch = new FetchRequest
        {
            MaxWaitMs = 60_000,
            MinBytes = 1,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = 1000 }] }],
        };
        var others = _time.Timers;
        var answer = _client.Call<FetchResponse>(ApiKey.Fetch, 4, fetch);
        await Wait.Until(() => _time.Timers > others);
        _time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.False(answer.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, (await answer).Responses![0].Partitions![0].HighWatermark);
    }

    [Fact]
    public async Task Session_NoHeartbeat_ExpiresByTheBrokersClock()
    {
        var join = new JoinGroupRequest
        {
            GroupId = "g",
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 10_000,
            ProtocolType = "consumer",
            Protocols = [new JoinGroupProtocol { Name = "range" }],
        };
        var joined = await _client.Call<JoinGroupResponse>(ApiKey.JoinGroup, 1, join);
        var sync = new SyncGroupRequest { GroupId = "g", GenerationId = joined.GenerationId, MemberId = joined.MemberId };
        Assert.Equal(ErrorCode.None, (await _client.Call<SyncGroupResponse>(ApiKey.SyncGroup, 0, sync)).ErrorCode);
        var heartbeat = new HeartbeatRequest { GroupId = "g", GenerationId = joined.GenerationId, MemberId = joined.MemberId };

        _time.Advance(TimeSpan.FromMilliseconds(9_999));
        Assert.Equal(ErrorCode.None, (await _client.Call<HeartbeatResponse>(ApiKey.Heartbeat, 0, heartbeat)).ErrorCode);
        _time.Advance(TimeSpan.FromMilliseconds(10_001));
        Assert.Equal(ErrorCode.UnknownMemberId, (await _client.Call<HeartbeatResponse>(ApiKey.Heartbeat, 0, heartbeat)).ErrorCode);
    }

    [Fact]
    public async Task Transaction_TimedOut_EndsByTheBrokersClock()
    {
        var init = await _client.Call<InitProducerIdResponse>(
            ApiKey.InitProducerId, 0, new InitProducerIdRequest { TransactionalId = "x", TransactionTimeoutMs = 60_000 });
        var add = new AddPartitionsToTxnRequest
        {
            TransactionalId = "x",
            ProducerId = init.ProducerId,
            Topics = [new AddPartitionsTopic { Name = "t", Partitions = [0] }],
        };
        Assert.Equal(ErrorCode.None, (await _client.Call<AddPartitionsToTxnResponse>(ApiKey.AddPartitionsToTxn, 0, add)).Results![0].Results![0].ErrorCode);
        var batch = new PartitionProduceData { Records = new Records(SampleBatches.Of(init.ProducerId, 0, 0, transactional: true), default) };
        await _client.Call<ProduceResponse>(
            ApiKey.Produce, 3,
            new ProduceRequest { TransactionalId = "x", Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] });
        Assert.Equal(0, await End(committed: true));

        _time.Advance(TimeSpan.FromMilliseconds(60_001));
        Assert.Equal(2, await End(committed: true)); // the record and the marker that aborts it
    }

    [Fact]
    public async Task Produce_LogAppendTime_IsTheBrokersTime()
    {
        await _client.Call<CreateTopicsResponse>(ApiKey.CreateTopics, 2, new CreateTopicsRequest
        {
            Topics =
            [
                new CreatableTopic
                {
                    Name = "stamped",
                    NumPartitions = 1,
                    ReplicationFactor = 1,
                    Configs = [new CreatableTopicConfig { Name = "message.timestamp.type", Value = "LogAppendTime" }],
                },
            ],
        });
        _time.Advance(TimeSpan.FromMinutes(5));
        var batch = new PartitionProduceData { Records = new Records(SampleBatches.Plain(), default) };
        var stored = await _client.Call<ProduceResponse>(
            ApiKey.Produce, 3, new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "stamped", PartitionData = [batch] }] });

        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), stored.Responses![0].PartitionResponses![0].LogAppendTimeMs);
    }

    [Fact]
    public async Task Connection_IdleForTenMinutes_IsClosed()
    {
        using var silent = new RawClient(_broker.Port);
        using var halfSaid = new RawClient(_broker.Port);
        await silent.Call<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        await halfSaid.Send([0, 0, 0, 100, 1, 2, 3]);
        await Wait.Until(() => _broker.Connections == 3);
        _time.Advance(TimeSpan.FromMinutes(9));
        await _client.Call<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        Assert.Equal(3, _broker.Connections);

        await Wait.Until(() => _broker.Connections == 1, async () =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await _client.Call<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        });
        Assert.Null(await silent.Receive());
        Assert.Null(await halfSaid.Receive());
    }

    [Fact]
    public async Task Connection_NeverReadsResponses_IsClosed()
    {
        for (var i = 0; i < 16; i++)
        {
            var batch = new PartitionProduceData { Records = new Records(SampleBatches.Plain(valueBytes: 1_000_000), default) };
            await _client.Call<ProduceResponse>(
                ApiKey.Produce, 3, new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] });
        }
        var unread = new RawClient(_broker.Port);
        var fetch = new FetchRequest
        {
            MinBytes = 1,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = int.MaxValue }] }],
        };
        await unread.SendFrame(RawClient.Request(ApiKey.Fetch, 4, 1, fetch, flexible: false));
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(await unread.Bytes(4)) > 15_000_000);

        await Wait.Until(() => _broker.Connections == 0, () => _time.Advance(TimeSpan.FromMinutes(1)));
        unread.Dispose();
    }

    private async Task<long> End(bool committed)
    {
        var ask = new ListOffsetsRequest
        {
            IsolationLevel = committed ? (sbyte)1 : (sbyte)0,
            Topics = [new ListOffsetsTopic { Name = "t", Partitions = [new ListOffsetsPartition { Timestamp = OffsetSpec.Latest }] }],
        };
        return (await _client.Call<ListOffsetsResponse>(ApiKey.ListOffsets, 2, ask)).Topics![0].Partitions![0].Offset;
    }
}
