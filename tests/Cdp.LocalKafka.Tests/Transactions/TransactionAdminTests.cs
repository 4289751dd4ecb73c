using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>KIP-664: listing transactions, and ending one that hangs.</summary>
[Trait("tier", "integration")]
public sealed class TransactionAdminTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public void List_Filters_ReturnsOnlyMatchingTransactions()
    {
        var ongoing = _broker.Ongoing(A0);
        var idle = _broker.Transactions.Initialise("idle", TimeoutMs, null).ProducerId;
        _broker.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal([("idle", idle, "Empty"), (Id, ongoing.Id, "Ongoing")], List());
        Assert.Equal([(Id, ongoing.Id, "Ongoing")], List(states: ["Ongoing", "CompleteCommit"]));
        Assert.Equal([("idle", idle, "Empty")], List(producers: [idle, 12345]));
        Assert.Empty(List(states: ["Ongoing"], producers: [idle]));
        Assert.Single(List(states: ["Ongoing"], duration: 9_999));
        Assert.Empty(List(states: ["Ongoing"], duration: 10_000));
    }

    [Fact]
    public void List_UnknownStates_AreReportedAndMatchNothing()
    {
        _broker.Ongoing(A0);

        var answer = _broker.Admin.List(new ListTransactionsRequest { StateFilters = ["Dead", "Going", "1"] });

        Assert.Equal(["Going", "1"], answer.UnknownStateFilters);
        Assert.Empty(answer.TransactionStates!);
    }

    [Fact]
    public void Describe_OngoingTransaction_ReturnsItsPartitions()
    {
        var started = _broker.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var producer = _broker.Ongoing(A1, A0, Offsets);
        _broker.Time.Advance(TimeSpan.FromSeconds(1));

        var described = _broker.Admin.Describe(Id);

        Assert.Equal((ErrorCode.None, "Ongoing"), (described.ErrorCode, described.TransactionState));
        Assert.Equal((producer.Id, producer.Epoch), (described.ProducerId, described.ProducerEpoch));
        Assert.Equal((TimeoutMs, started), (described.TransactionTimeoutMs, described.TransactionStartTimeMs));
        Assert.Equal(["__consumer_offsets: 0", "a: 0,1"], described.Topics!.Select(t => $"{t.Topic}: {string.Join(',', t.Partitions!)}").Order());
    }

    [Theory]
    [InlineData("unknown", ErrorCode.TransactionalIdNotFound)]
    [InlineData("", ErrorCode.InvalidRequest)]
    internal void Describe_NoSuchId_IsAnError(string id, ErrorCode expected) => Assert.Equal(expected, _broker.Admin.Describe(id).ErrorCode);

    [Fact]
    public void DescribeProducers_OpenThenEnded_ReturnsThePartitionsState()
    {
        var producer = _broker.Producer();
        _broker.Log(A0).AppendRecords([(null, [1])]);
        _broker.Begin(producer, A0);

        var open = Assert.Single(Producers("a", 0).ActiveProducers!);
        Assert.Equal((producer.Id, (int)producer.Epoch, -1, 1), (open.ProducerId, open.ProducerEpoch, open.CoordinatorEpoch, open.CurrentTxnStartOffset));

        _broker.Time.Advance(TimeSpan.FromSeconds(5));
        _broker.End(producer, commit: true);
        var ended = Assert.Single(Producers("a", 0).ActiveProducers!);
        Assert.Equal((0, -1, _broker.Time.GetUtcNow().ToUnixTimeMilliseconds()), (ended.CoordinatorEpoch, ended.CurrentTxnStartOffset, ended.LastTimestamp));
    }

    [Theory]
    [InlineData("a", 2, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("none", 0, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("no topic", 0, ErrorCode.InvalidTopicException)]
    internal void DescribeProducers_NoSuchPartition_IsAnError(string topic, int partition, ErrorCode expected) =>
        Assert.Equal(expected, Producers(topic, partition).ErrorCode);

    [Fact]
    public void WriteMarkers_HangingTransaction_UnblocksReaders()
    {
        _broker.Write((77, 3), A0); // from a producer that no coordinator knows
        Assert.Equal(0, _broker.Log(A0).LastStableOffset);

        Assert.Equal(ErrorCode.InvalidProducerEpoch, Write(77, 2, "a"));
        Assert.Equal(0, _broker.Log(A0).LastStableOffset);
        Assert.Equal(ErrorCode.None, Write(77, 3, "a"));
        Assert.Equal(2, _broker.Log(A0).LastStableOffset);
        Assert.Equal([((short)3, false)], _broker.Markers(A0));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Write(77, 3, "none"));
    }

    [Fact]
    public void WriteMarkers_OffsetsTopic_DiscardsPendingOffsets()
    {
        var producer = _broker.Ongoing(Offsets);
        _broker.CommitOffset(producer, 7);
        Assert.Equal(ErrorCode.UnstableOffsetCommit, _broker.Fetch().Error);

        Assert.Equal(ErrorCode.None, Write(producer.Id, producer.Epoch, Offsets.Topic));

        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
    }

    [Fact]
    public async Task WriteMarkers_TransactionsTopic_DoesNotPreventAStart()
    {
        var producer = _broker.Ongoing(A0);
        Assert.Equal(ErrorCode.None, Write(producer.Id, producer.Epoch, TopicStore.TransactionsTopic));
        await _broker.Crash();
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
    }

    /// <summary>A broker that offers higher versions than these supports transactions V2 (KIP-890), where each end of a transaction bumps the epoch.</summary>
    [Fact]
    public void Apis_AllVersions_AreThoseOfTransactionsV1()
    {
        var offered = _broker.Transactions.Apis.ToDictionary(api => api.Key, api => (api.Min, api.Max, api.FlexibleSince));

        Assert.Equal(
            new Dictionary<ApiKey, (short, short, short)>
            {
                [ApiKey.InitProducerId] = (0, 5, 2),
                [ApiKey.AddPartitionsToTxn] = (0, 3, 3),
                [ApiKey.AddOffsetsToTxn] = (0, 4, 3),
                [ApiKey.EndTxn] = (0, 4, 3),
                [ApiKey.WriteTxnMarkers] = (1, 1, 1),
                [ApiKey.TxnOffsetCommit] = (0, 4, 3),
                [ApiKey.DescribeProducers] = (0, 0, 0),
                [ApiKey.DescribeTransactions] = (0, 0, 0),
                [ApiKey.ListTransactions] = (0, 1, 0),
            },
            offered);
    }

    [Fact]
    public async Task Apis_OverTheWire_RespondCorrectly()
    {
        using var directory = new TempDirectory();
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.Path }, cancel: TestContext.Current.CancellationToken);
        using var client = new RawClient(broker.Port);

        var describe = new DescribeTransactionsRequest { TransactionalIds = ["x"] };
        await client.SendFrame(RawClient.Request(ApiKey.DescribeTransactions, 0, 1, describe, flexible: true));
        Assert.Equal(ErrorCode.TransactionalIdNotFound, Read<DescribeTransactionsResponse>(await client.Receive(), 0).TransactionStates![0].ErrorCode);
        var list = new ListTransactionsRequest { StateFilters = ["Going"], DurationFilter = 5 };
        await client.SendFrame(RawClient.Request(ApiKey.ListTransactions, 1, 2, list, flexible: true));
        Assert.Equal(["Going"], Read<ListTransactionsResponse>(await client.Receive(), 1).UnknownStateFilters);

        static T Read<T>(byte[]? frame, short version) where T : IWireFields, new()
        {
            const int header = 5; // the correlation id, and no tagged fields
            var response = new T();
            var reader = new WireReader(frame.AsMemory(header), version, flexible: true);
            response.Describe(reader);
            Assert.Equal(0, reader.Remaining);
            return response;
        }
    }

    private List<(string, long, string)> List(List<string>? states = null, List<long>? producers = null, long duration = -1) =>
        [.. _broker.Admin.List(new ListTransactionsRequest { StateFilters = states ?? [], ProducerIdFilters = producers ?? [], DurationFilter = duration })
            .TransactionStates!.Select(t => (t.TransactionalId, t.ProducerId, t.TransactionState)).Order()];

    private DescribedProducersPartition Producers(string topic, int partition) => _broker.Admin.DescribeProducers(
        new DescribeProducersRequest { Topics = [new DescribeProducersTopic { Name = topic, PartitionIndexes = [partition] }] }).Topics![0].Partitions![0];

    private ErrorCode Write(long producerId, short epoch, string topic) => _broker.Admin.WriteMarkers(new WriteTxnMarkersRequest
    {
        Markers =
        [
            new WritableTxnMarker
            {
                ProducerId = producerId,
                ProducerEpoch = epoch,
                Topics = [new WritableTxnMarkerTopic { Name = topic, PartitionIndexes = [0] }],
            },
        ],
    }).Markers![0].Topics![0].Partitions![0].ErrorCode;
}
