using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Tests.Fuzz;
using Cdp.LocalKafka.Tests.Support;
using ErrorCode = Cdp.LocalKafka.Protocol.ErrorCode;

namespace Cdp.LocalKafka.Tests.Faults;

/// <summary>The effect of faults on clients.</summary>
[Trait("tier", "integration")]
public sealed class FaultTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly LogLines _log = new();
    private LocalKafkaBroker _broker = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path }, _log);
        using var admin = Client.Admin(_broker.BootstrapServers);
        await Client.CreateTopic(admin, "t", 2);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Error_OnePartition_DoesNotAffectOthers()
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Produce, Topic = "t", Partition = 0, Error = ErrorCode.NotLeaderOrFollower, Times = 1 });
        using var client = new RawClient(_broker.Port);

        var answer = await client.Call<ProduceResponse>(ApiKey.Produce, 3, ToBoth());
        Assert.Equal([(0, ErrorCode.NotLeaderOrFollower), (1, ErrorCode.None)], Outcome(answer));
        Assert.Equal(1, fault.Hits);

        Assert.Equal([(0, ErrorCode.None), (1, ErrorCode.None)], Outcome(await client.Call<ProduceResponse>(ApiKey.Produce, 3, ToBoth())));
        var ends = new ListOffsetsRequest
        {
            Topics = [new ListOffsetsTopic { Name = "t", Partitions = [new() { Timestamp = -1 }, new() { PartitionIndex = 1, Timestamp = -1 }] }],
        };
        Assert.Equal([1, 2], (await client.Call<ListOffsetsResponse>(ApiKey.ListOffsets, 1, ends)).Topics![0].Partitions!.Select(p => p.Offset));
    }

    // A fetch session that began with only some of the partitions that the client named would never serve the others (KIP-227).
    [Fact]
    public async Task Error_FetchThatWouldStartASession_StartsNone()
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Fetch, Topic = "t", Partition = 1, Error = ErrorCode.NotLeaderOrFollower, Times = 1 });
        using var client = new RawClient(_broker.Port);

        var refused = await client.Call<FetchResponse>(ApiKey.Fetch, 7, Both());
        Assert.Equal([(0, ErrorCode.None), (1, ErrorCode.NotLeaderOrFollower)], Outcome(refused));
        Assert.Equal(0, refused.SessionId);
        Assert.NotEqual(0, (await client.Call<FetchResponse>(ApiKey.Fetch, 7, Both())).SessionId);
    }

    [Theory]
    [InlineData("t")]
    [InlineData(null)]
    public async Task Error_IncrementalFetch_AppliesAfterTheClientSendsAFullFetch(string? topic)
    {
        using var client = new RawClient(_broker.Port);
        var session = (await client.Call<FetchResponse>(ApiKey.Fetch, 7, Both())).SessionId;
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Fetch, Topic = topic, Error = ErrorCode.NotLeaderOrFollower, Times = 1 });

        var lost = await client.Call<FetchResponse>(ApiKey.Fetch, 7, new FetchRequest { SessionId = session, SessionEpoch = 1 });
        Assert.Equal((ErrorCode.FetchSessionIdNotFound, 0), (lost.ErrorCode, fault.Hits));
        var refused = await client.Call<FetchResponse>(ApiKey.Fetch, 7, Both());
        Assert.Equal([(0, ErrorCode.NotLeaderOrFollower), (1, ErrorCode.NotLeaderOrFollower)], Outcome(refused));
        Assert.Equal((0, 1), (refused.SessionId, fault.Hits));
    }

    [Fact]
    public async Task Error_FetchByTopicName_IsReturnedImmediately()
    {
        _broker.Faults.Add(new Fault { Api = ApiKey.Fetch, Topic = "t", Partition = 1, Error = ErrorCode.OffsetOutOfRange });
        using var client = new RawClient(_broker.Port);
        var fetch = new FetchRequest
        {
            MaxWaitMs = 600_000,
            MinBytes = 1,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new() { PartitionMaxBytes = 100 }, new() { Partition = 1 }] }],
        };

        var topics = (await client.Call<FetchResponse>(ApiKey.Fetch, 4, fetch)).Responses!;
        Assert.Equal(
            [(0, ErrorCode.None), (1, ErrorCode.OffsetOutOfRange)],
            topics.SelectMany(topic => topic.Partitions!).OrderBy(p => p.PartitionIndex).Select(p => (p.PartitionIndex, p.ErrorCode)));
    }

    // librdkafka fetches by topic id, and looks up the partition's leader again when told that it is not the leader.
    [Fact]
    public async Task Error_FetchByTopicId_IsRetriedByTheClient()
    {
        using var producer = Client.Producer(_broker.BootstrapServers);
        await producer.Send("t", Client.Message("a"));
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Fetch, Topic = "t", Error = ErrorCode.NotLeaderOrFollower, Times = 2 });

        Assert.Equal(
            ["a"],
            Reading.Values(_broker.BootstrapServers, "t").Concat(
                Reading.ReadAll(_broker.BootstrapServers, "t", partition: 1).Select(read => read.Message.Value)));
        Assert.Equal(2, fault.Hits);
    }

    // The most important case of a lost response: the batch is in the log, and the retry is recognised by its sequence number.
    [Fact]
    public async Task Drop_AfterHandlingAProduce_IdempotentRetryIsNoDuplicate()
    {
        using var producer = Client.Producer(
            _broker.BootstrapServers, config => (config.EnableIdempotence, config.ReconnectBackoffMs, config.ReconnectBackoffMaxMs) = (true, 10, 50));
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Produce, Topic = "t", Drop = FaultDrop.AfterHandling, Times = 2 });

        await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("t", 0), Client.Message("once"), Cancel);
        Assert.Equal(2, fault.Hits);
        Assert.Equal(["once"], Reading.Values(_broker.BootstrapServers, "t"));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData(FaultDrop.BeforeHandling, 0)]
    [InlineData(FaultDrop.AfterHandling, 1)]
    public async Task Drop_BeforeOrAfterHandling_DecidesWhetherTheRequestTakesEffect(FaultDrop drop, long stored)
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Produce, Drop = drop });
        using var client = new RawClient(_broker.Port);
        await client.SendFrame(RawClient.Request(ApiKey.Produce, 3, 1, Seeds.Produce(SampleBatches.Plain()), flexible: false));
        Assert.Null(await client.Receive());
        await fault.Hit(1, Cancel);

        using var again = new RawClient(_broker.Port);
        var end = new ListOffsetsRequest { Topics = [new ListOffsetsTopic { Name = "t", Partitions = [new() { Timestamp = -1 }] }] };
        Assert.Equal(stored, (await again.Call<ListOffsetsResponse>(ApiKey.ListOffsets, 1, end)).Topics![0].Partitions![0].Offset);
    }

    [Fact]
    public async Task Delay_OneClient_DelaysOnlyThatClientByTheBrokersClock()
    {
        using var directory = new TempDirectory();
        var time = new FakeTime();
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.Path, TimeProvider = time, ConnectionsMaxIdle = TimeSpan.FromDays(100) }, cancel: Cancel);
        using var fault = broker.Faults.Add(new Fault { Api = ApiKey.ApiVersions, ClientId = id => id == "raw", Delay = TimeSpan.FromHours(1) });
        using var client = new RawClient(broker.Port);
        var answer = client.Call<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        await fault.Hit(1, Cancel);
        using (var other = Client.Admin(broker.BootstrapServers)) Assert.NotNull(other.GetMetadata(Client.Limit));
        Assert.False(answer.IsCompleted);

        await Wait.Until(() => answer.IsCompleted, () => time.Advance(TimeSpan.FromHours(1)));
        Assert.Equal(ErrorCode.None, (await answer).ErrorCode);
    }

    [Fact]
    public async Task Fault_DisposedOrUsedUp_NoLongerApplies()
    {
        using var client = new RawClient(_broker.Port);
        var heartbeat = new HeartbeatRequest { GroupId = "none", MemberId = "m" };
        var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Heartbeat, Error = ErrorCode.NotCoordinator });
        Assert.Equal(ErrorCode.NotCoordinator, (await client.Call<HeartbeatResponse>(ApiKey.Heartbeat, 0, heartbeat)).ErrorCode);
        fault.Dispose();
        Assert.Equal(ErrorCode.UnknownMemberId, (await client.Call<HeartbeatResponse>(ApiKey.Heartbeat, 0, heartbeat)).ErrorCode);

        _broker.Faults.Add(new Fault { Api = ApiKey.Heartbeat, Error = ErrorCode.NotCoordinator, Times = 1 });
        Assert.Equal(ErrorCode.NotCoordinator, (await client.Call<HeartbeatResponse>(ApiKey.Heartbeat, 0, heartbeat)).ErrorCode);
        Assert.False(_broker.Faults.Any);
        Assert.Equal(1, fault.Hits);
    }

    [Fact]
    public async Task Error_OnePartitionOfAddPartitions_AddsNone()
    {
        using var client = new RawClient(_broker.Port);
        var producer = await client.Call<InitProducerIdResponse>(
            ApiKey.InitProducerId, 0, new InitProducerIdRequest { TransactionalId = "x", TransactionTimeoutMs = 1000 });
        _broker.Faults.Add(new Fault { Api = ApiKey.AddPartitionsToTxn, Topic = "t", Partition = 1, Error = ErrorCode.ConcurrentTransactions });

        var add = new AddPartitionsToTxnRequest
        {
            TransactionalId = "x",
            ProducerId = producer.ProducerId,
            Topics = [new AddPartitionsTopic { Name = "t", Partitions = [0, 1] }],
        };
        Assert.Equal(
            [ErrorCode.OperationNotAttempted, ErrorCode.ConcurrentTransactions],
            (await client.Call<AddPartitionsToTxnResponse>(ApiKey.AddPartitionsToTxn, 0, add)).Results![0].Results!.Select(added => added.ErrorCode));
    }

    [Fact]
    public async Task Error_Metadata_IsReportedOnTheTopicOrPartition()
    {
        using var client = new RawClient(_broker.Port);
        var ask = new MetadataRequest { Topics = null };
        using (_broker.Faults.Add(new Fault { Api = ApiKey.Metadata, Topic = "t", Partition = 1, Error = ErrorCode.LeaderNotAvailable }))
        {
            var topic = (await client.Call<MetadataResponse>(ApiKey.Metadata, 1, ask)).Topics!.Single(t => t.Name == "t");
            Assert.Equal((ErrorCode.None, 2), (topic.ErrorCode, topic.Partitions!.Count));
            Assert.Equal([(1, ErrorCode.None), (-1, ErrorCode.LeaderNotAvailable)], topic.Partitions.Select(p => (p.LeaderId, p.ErrorCode)));
        }
        _broker.Faults.Add(new Fault { Api = ApiKey.Metadata, Topic = "t", Error = ErrorCode.UnknownTopicOrPartition });
        var gone = (await client.Call<MetadataResponse>(ApiKey.Metadata, 1, ask)).Topics!;
        Assert.Equal([("t", ErrorCode.UnknownTopicOrPartition)], gone.Where(t => t.ErrorCode != ErrorCode.None).Select(t => (t.Name, t.ErrorCode)));
    }

    [Fact]
    public void Add_ImpossibleFault_ThrowsWithTheReason()
    {
        Assert.Contains("no error, no delay and no drop", Refused(new Fault { Api = ApiKey.Fetch }), StringComparison.Ordinal);
        Assert.Contains(
            "do not name topics", Refused(new Fault { Api = ApiKey.Heartbeat, Topic = "t", Error = ErrorCode.NotCoordinator }), StringComparison.Ordinal);
        Assert.Contains(
            "do not name partitions",
            Refused(new Fault { Api = ApiKey.CreateTopics, Partition = 0, Drop = FaultDrop.AfterHandling }), StringComparison.Ordinal);
        Assert.Contains("Times is 0", Refused(new Fault { Api = ApiKey.Fetch, Times = 0, Drop = FaultDrop.AfterHandling }), StringComparison.Ordinal);
        Assert.False(_broker.Faults.Any);

        string Refused(Fault fault) => Assert.Throws<ArgumentException>(() => _broker.Faults.Add(fault)).Message;
    }

    /// <summary>
    /// For every API of the dispatch table in every version: the error appears in the bytes of the response with the fault, and never without it.
    /// </summary>
    [Fact]
    public async Task Error_AnyApiAndVersion_IsInTheResponse()
    {
        const ErrorCode marked = ErrorCode.InvalidRegularExpression; // no handler of this broker returns it
        foreach (var api in _broker.Dispatcher.Apis)
        {
            using var fault = _broker.Faults.Add(new Fault { Api = api.Key, Error = marked });
            for (var version = api.Min; version <= api.Max; version++)
            {
                if (api.Key == ApiKey.OffsetFetch && version == 1) continue; // its errors are per partition, and a group without commits has none
                var answer = await _broker.Dispatcher.Answer(Seeds.Frame(api, version, Seeds.Requests[api.Key]()), "/127.0.0.1", "test", Cancel);
                Assert.True(answer!.Written.Span.IndexOf((ReadOnlySpan<byte>)[0, (byte)marked]) > 0, $"{api.Key} v{version}");
            }
            Assert.True(fault.Hits > 0);
        }
    }

    private static ProduceRequest ToBoth() => new()
    {
        Acks = -1,
        TopicData = [new TopicProduceData { Name = "t", PartitionData = [Data(0), Data(1)] }],
    };

    private static PartitionProduceData Data(int partition) => new() { Index = partition, Records = new Records(SampleBatches.Plain(), default) };

    private static FetchRequest Both() =>
        new()
        {
            SessionEpoch = 0,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new() { PartitionMaxBytes = 100 }, new() { Partition = 1, PartitionMaxBytes = 100 }] }],
        };

    private static List<(int, ErrorCode)> Outcome(FetchResponse answer) =>
        [.. answer.Responses!.SelectMany(topic => topic.Partitions!).OrderBy(p => p.PartitionIndex).Select(p => (p.PartitionIndex, p.ErrorCode))];

    private static IEnumerable<(int, ErrorCode)> Outcome(ProduceResponse response) =>
        response.Responses!.SelectMany(topic => topic.PartitionResponses!).OrderBy(p => p.Index).Select(p => (p.Index, p.ErrorCode));
}
