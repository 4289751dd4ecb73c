using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>What a producer is told in each version: that it is fenced, with an error code that the version knows (KIP-588, KIP-890).</summary>
public sealed class TransactionApisTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData(3, ErrorCode.InvalidProducerEpoch)]
    [InlineData(4, ErrorCode.ProducerFenced)]
    internal async Task InitProducerId_FencedProducer_GetsTheErrorOfTheVersion(short version, ErrorCode expected)
    {
        var fenced = Fenced();
        var request = new InitProducerIdRequest
        {
            TransactionalId = Id,
            TransactionTimeoutMs = TimeoutMs,
            ProducerId = fenced.Id,
            ProducerEpoch = fenced.Epoch,
        };

        Assert.Equal(expected, (await Call<InitProducerIdResponse>(ApiKey.InitProducerId, version, request)).ErrorCode);
    }

    [Theory]
    [InlineData(5, -1)]
    [InlineData(-1, 5)]
    public async Task InitProducerId_OnlyIdOrEpoch_IsInvalid(long id, short epoch)
    {
        var request = new InitProducerIdRequest { TransactionalId = Id, TransactionTimeoutMs = TimeoutMs, ProducerId = id, ProducerEpoch = epoch };

        Assert.Equal(ErrorCode.InvalidRequest, (await Call<InitProducerIdResponse>(ApiKey.InitProducerId, 5, request)).ErrorCode);
    }

    [Theory]
    [InlineData(1, ErrorCode.InvalidProducerEpoch)]
    [InlineData(2, ErrorCode.ProducerFenced)]
    internal async Task AddAndEnd_FencedProducer_GetsTheErrorOfTheVersion(short version, ErrorCode expected)
    {
        var fenced = Fenced();

        Assert.Equal([expected], await AddPartitions(fenced, version, A0));
        var offsets = new AddOffsetsToTxnRequest { TransactionalId = Id, ProducerId = fenced.Id, ProducerEpoch = fenced.Epoch, GroupId = "g" };
        Assert.Equal(expected, (await Call<AddOffsetsToTxnResponse>(ApiKey.AddOffsetsToTxn, version, offsets)).ErrorCode);
        var end = new EndTxnRequest { TransactionalId = Id, ProducerId = fenced.Id, ProducerEpoch = fenced.Epoch, Committed = true };
        Assert.Equal(expected, (await Call<EndTxnResponse>(ApiKey.EndTxn, version, end)).ErrorCode);
    }

    [Fact]
    public async Task AddPartitions_OneUnknown_AddsNone()
    {
        var producer = _broker.Producer();

        Assert.Equal([ErrorCode.OperationNotAttempted, ErrorCode.UnknownTopicOrPartition], await AddPartitions(producer, 3, A0, new TopicPartition("a", 9)));
        Assert.Equal(ErrorCode.InvalidTxnState, _broker.End(producer, commit: true));
    }

    [Theory]
    [InlineData(3, ErrorCode.InvalidTxnState)]
    [InlineData(4, ErrorCode.TransactionAbortable)]
    internal async Task TxnOffsetCommit_OffsetsNotAdded_GetsTheErrorOfTheVersion(short version, ErrorCode expected)
    {
        var producer = _broker.Ongoing(A0);

        Assert.Equal(expected, await CommitOffset(producer, version));
        Assert.Equal(ErrorCode.None, _broker.Add(producer, Offsets));
        Assert.Equal(ErrorCode.None, await CommitOffset(producer, version));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await CommitOffset(Fenced(), version));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await CommitOffset((producer.Id + 1, 0), version));
    }

    [Theory]
    [InlineData(10, ErrorCode.InvalidTxnState)]
    [InlineData(11, ErrorCode.TransactionAbortable)]
    internal async Task Produce_TransactionalBatch_IsVerified(short version, ErrorCode notCovered)
    {
        var producer = _broker.Producer();

        Assert.Equal(notCovered, await Produce(producer, version));
        Assert.Equal(ErrorCode.None, _broker.Add(producer, A0));
        Assert.Equal(ErrorCode.TransactionalIdAuthorizationFailed, await Produce(producer, version, transactionalId: null));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await Produce(producer, version, "other"));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await Produce((producer.Id + 1, 0), version));
        Assert.Equal(ErrorCode.None, await Produce(producer, version));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await Produce(Fenced(), version));
    }

    /// <summary>A producer that a newer one has replaced.</summary>
    private (long Id, short Epoch) Fenced()
    {
        if (_broker.Transactions.Initialise(Id, TimeoutMs, null) is { Error: ErrorCode.None } first)
        {
            _broker.Producer();
            return (first.ProducerId, first.Epoch);
        }
        var successor = _broker.Producer(); // the first call only aborted the open transaction, with its own epoch
        return (successor.Id, (short)(successor.Epoch - 2));
    }

    private async Task<List<ErrorCode>> AddPartitions((long Id, short Epoch) producer, short version, params TopicPartition[] partitions)
    {
        var request = new AddPartitionsToTxnRequest
        {
            TransactionalId = Id,
            ProducerId = producer.Id,
            ProducerEpoch = producer.Epoch,
            Topics = [new AddPartitionsTopic { Name = "a", Partitions = [.. partitions.Select(p => p.Partition)] }],
        };
        return (await Call<AddPartitionsToTxnResponse>(ApiKey.AddPartitionsToTxn, version, request)).Results![0].Results!.ConvertAll(p => p.ErrorCode);
    }

    private async Task<ErrorCode> CommitOffset((long Id, short Epoch) producer, short version)
    {
        var request = new TxnOffsetCommitRequest
        {
            TransactionalId = Id,
            GroupId = "g",
            ProducerId = producer.Id,
            ProducerEpoch = producer.Epoch,
            Topics = [new TxnOffsetCommitTopic { Name = "a", Partitions = [new TxnOffsetCommitPartition()] }],
        };
        return (await Call<TxnOffsetCommitResponse>(ApiKey.TxnOffsetCommit, version, request)).Topics![0].Partitions![0].ErrorCode;
    }

    private async Task<ErrorCode> Produce((long Id, short Epoch) producer, short version, string? transactionalId = Id)
    {
        var records = new Records(SampleBatches.Of(producer.Id, producer.Epoch, 0, transactional: true), FileSlice.Empty);
        var request = new ProduceRequest
        {
            TransactionalId = transactionalId,
            Acks = -1,
            TopicData = [new TopicProduceData { Name = "a", PartitionData = [new PartitionProduceData { Records = records }] }],
        };
        return (await Call<ProduceResponse>(ApiKey.Produce, version, request)).Responses![0].PartitionResponses![0].ErrorCode;
    }

    private async Task<TResponse> Call<TResponse>(ApiKey key, short version, IWireFields request) where TResponse : class, IWireFields
    {
        IEnumerable<Api> rows = [new ProduceApi(_broker.Topics, _broker.Transactions, _broker.Lines).Row, .. _broker.Transactions.Apis];
        var api = rows.Single(row => row.Key == key);
        Assert.InRange(version, api.Min, api.Max);
        var body = new WireWriter(version, api.IsFlexible(version));
        request.Describe(body);
        var context = new RequestContext(null, "/127.0.0.1", version, "test", TestContext.Current.CancellationToken);
        return Assert.IsType<TResponse>(await api.Handle(context, api.Read(new WireReader(body.Written, version, api.IsFlexible(version)))));
    }
}
