using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

public sealed class TransactionCoordinatorTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public void Initialise_EachCall_BumpsTheEpoch()
    {
        var first = _broker.Producer();
        var second = _broker.Producer();

        Assert.Equal(first.Id, second.Id);
        Assert.Equal((0, 1), (first.Epoch, second.Epoch));
    }

    [Fact]
    public void Initialise_NoTransactionalId_AssignsANewIdEachTime()
    {
        var ids = Enumerable.Range(0, 2500).Select(_ => _broker.Transactions.Initialise(null, 0, null).ProducerId).ToList();

        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Initialise_AfterACrash_AssignsNoIdTwice()
    {
        var ids = new List<long>();
        for (var start = 0; start < 3; start++)
        {
            ids.Add(_broker.Transactions.Initialise(null, 0, null).ProducerId);
            await _broker.Crash();
        }

        Assert.Equal(3, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("", TimeoutMs, ErrorCode.InvalidRequest)]
    [InlineData("x", 0, ErrorCode.InvalidTransactionTimeout)]
    [InlineData("x", 900_001, ErrorCode.InvalidTransactionTimeout)]
    internal void Initialise_BadRequest_IsRefused(string id, int timeoutMs, ErrorCode expected) =>
        Assert.Equal(expected, _broker.Transactions.Initialise(id, timeoutMs, null).Error);

    [Fact]
    public void End_Commit_WritesAMarkerToEveryPartition()
    {
        var producer = _broker.Ongoing(A0, A1);
        Assert.Equal(0, _broker.Log(A0).LastStableOffset);

        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));

        Assert.Equal([(producer.Epoch, true)], _broker.Markers(A0));
        Assert.Equal([(producer.Epoch, true)], _broker.Markers(A1));
        Assert.Equal(2, _broker.Log(A0).LastStableOffset);
    }

    [Fact]
    public void End_Retried_GetsTheSameResult()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);

        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, _broker.End(producer, commit: false));
        Assert.Single(_broker.Markers(A0));
    }

    [Fact]
    public void End_WithoutATransaction_IsRefused()
    {
        var producer = _broker.Producer();

        Assert.Equal(ErrorCode.InvalidTxnState, _broker.End(producer, commit: true));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.End((producer.Id + 1, producer.Epoch), commit: true));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.Transactions.End("unknown", producer.Id, producer.Epoch, commit: true));
    }

    [Fact]
    public void Initialise_OverAnOngoingTransaction_AbortsItAndFencesItsProducer()
    {
        var fenced = _broker.Ongoing(A0, Offsets);
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(fenced, 7));

        Assert.Equal(ErrorCode.ConcurrentTransactions, _broker.Transactions.Initialise(Id, TimeoutMs, null).Error);
        var successor = _broker.Producer();

        Assert.Equal((fenced.Id, (short)(fenced.Epoch + 2)), successor);
        Assert.Equal([((short)(fenced.Epoch + 1), false)], _broker.Markers(A0)); // so the partition refuses the fenced producer too
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Equal(ErrorCode.ProducerFenced, _broker.Add(fenced, A1));
        Assert.Equal(ErrorCode.ProducerFenced, _broker.End(fenced, commit: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _broker.CommitOffset(fenced, 8));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _broker.Transactions.Verify(Id, fenced.Id, fenced.Epoch, A0));
    }

    [Fact]
    public void Verify_AddedPartitionsOfAnOngoingTransaction_AreCovered()
    {
        var producer = _broker.Producer();
        Assert.Equal(ErrorCode.InvalidTxnState, _broker.Transactions.Verify(Id, producer.Id, producer.Epoch, A0));
        _broker.Begin(producer, A0);

        Assert.Equal(ErrorCode.None, _broker.Transactions.Verify(Id, producer.Id, producer.Epoch, A0));
        Assert.Equal(ErrorCode.InvalidTxnState, _broker.Transactions.Verify(Id, producer.Id, producer.Epoch, A1));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.Transactions.Verify(Id, producer.Id + 1, 0, A0));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.Transactions.Verify("other", producer.Id, producer.Epoch, A0));

        _broker.End(producer, commit: true);
        Assert.Equal(ErrorCode.InvalidTxnState, _broker.Transactions.Verify(Id, producer.Id, producer.Epoch, A0));
    }

    [Fact]
    public void Timeout_OngoingTransaction_IsAbortedWithABumpedEpoch()
    {
        var producer = _broker.Ongoing(A0);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs - 1));
        Assert.Empty(_broker.Markers(A0));

        _broker.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal([((short)(producer.Epoch + 1), false)], _broker.Markers(A0));
        Assert.Equal(ErrorCode.ProducerFenced, _broker.End(producer, commit: true));
    }

    [Fact]
    public void Timeout_SeveralTransactions_StartsWithEachTransaction()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs - 1));
        _broker.Begin(producer, A0);

        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs - 1));
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
    }

    [Fact]
    public async Task Crash_OngoingTransaction_KeepsItsTimeout()
    {
        var producer = _broker.Ongoing(A0);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs / 2));

        await _broker.Crash();

        Assert.Equal(ErrorCode.None, _broker.Transactions.Verify(Id, producer.Id, producer.Epoch, A0));
        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs / 2));
        Assert.Equal([((short)(producer.Epoch + 1), false)], _broker.Markers(A0));
    }

    [Fact]
    public async Task Crash_OngoingTransaction_CanStillCommit()
    {
        var producer = _broker.Ongoing(A0, Offsets);
        _broker.CommitOffset(producer, 7);

        await _broker.Crash();
        Assert.Equal((ErrorCode.UnstableOffsetCommit, -1), _broker.Fetch());
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));

        Assert.Equal((ErrorCode.None, 7), _broker.Fetch());
    }

    [Fact]
    public void End_TopicDeletedMeanwhile_Succeeds()
    {
        var producer = _broker.Ongoing(A0);
        _broker.Topics.Delete("a");

        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
    }
}
