using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Transactions;

namespace Cdp.LocalKafka.Tests.Transactions;

public sealed class TransactionStepsTests
{
    private const short LastUsableEpoch = short.MaxValue - 1;
    private static readonly Transaction Empty = new("tx", 5, 3, 1000) { PreviousProducerId = 5 };
    private static readonly Transaction Ongoing = Empty with { State = TransactionState.Ongoing, Partitions = [new TopicPartition("a", 0)], StartedAt = 100 };

    [Fact]
    public void Initialise_AfterAnError_BumpsTheEpoch()
    {
        var step = Initialise(Empty, (5, 3));

        Assert.Equal((5L, (short)4, (short)3), (step.Next!.ProducerId, step.Next.ProducerEpoch, step.Next.LastProducerEpoch));
    }

    [Fact]
    public void Initialise_RetryOfABump_GetsTheSameEpoch()
    {
        var bumped = Initialise(Empty, (5, 3)).Next!;

        Assert.Equal(4, Initialise(bumped, (5, 3)).Next!.ProducerEpoch);
    }

    [Fact]
    public void Initialise_EpochOfAFencedProducer_IsRefused()
    {
        var taken = Initialise(Empty, null).Next!;

        Assert.Equal(ErrorCode.ProducerFenced, Initialise(taken, (5, 3)).Error);
        Assert.Equal(ErrorCode.ProducerFenced, Initialise(Empty, (6, 3)).Error);
    }

    [Fact]
    public void Initialise_ExhaustedEpoch_AssignsANewProducerId()
    {
        var step = Initialise(Empty with { ProducerEpoch = LastUsableEpoch }, null);

        Assert.Equal((77L, (short)0, 5L), (step.Next!.ProducerId, step.Next.ProducerEpoch, step.Next.PreviousProducerId));
    }

    [Fact]
    public void Initialise_RetryOfACallThatAssignedANewId_IsNotFenced()
    {
        var rotated = Initialise(Empty with { ProducerEpoch = LastUsableEpoch }, (5, LastUsableEpoch)).Next!;

        var retried = Initialise(rotated, (5, LastUsableEpoch));

        Assert.Equal((77L, (short)0), (retried.Next!.ProducerId, retried.Next.ProducerEpoch));
    }

    [Fact]
    public void Initialise_OngoingInTheLastUsableEpoch_CanStillBeFenced()
    {
        var fenced = Initialise(Ongoing with { ProducerEpoch = LastUsableEpoch }, null).Next!;
        Assert.Equal((TransactionState.PrepareAbort, short.MaxValue), (fenced.State, fenced.ProducerEpoch));

        var next = Initialise(TransactionSteps.Complete(fenced, 0), null).Next!;

        Assert.Equal((77L, (short)0), (next.ProducerId, next.ProducerEpoch));
    }

    [Theory]
    [InlineData((sbyte)TransactionState.PrepareCommit)]
    [InlineData((sbyte)TransactionState.PrepareAbort)]
    public void Steps_WhileMarkersAreWritten_MustWait(sbyte state)
    {
        var prepared = Ongoing with { State = (TransactionState)state };
        var commit = prepared.State == TransactionState.PrepareCommit;

        Assert.Equal(ErrorCode.ConcurrentTransactions, Initialise(prepared, null).Error);
        Assert.Equal(ErrorCode.ConcurrentTransactions, TransactionSteps.AddPartitions(prepared, 5, 3, [new TopicPartition("a", 0)], 0).Error);
        Assert.Equal(ErrorCode.ConcurrentTransactions, TransactionSteps.End(prepared, 5, 3, commit, 0).Error);
        Assert.Equal(ErrorCode.InvalidTxnState, TransactionSteps.End(prepared, 5, 3, !commit, 0).Error);
    }

    [Fact]
    public void AddPartitions_AlreadyThere_ChangesNothing() =>
        Assert.Equal(Step.Done, TransactionSteps.AddPartitions(Ongoing, 5, 3, [new TopicPartition("a", 0)], 200));

    [Fact]
    public void AddPartitions_More_KeepsTheStart()
    {
        var next = TransactionSteps.AddPartitions(Ongoing, 5, 3, [new TopicPartition("a", 1)], 200).Next!;

        Assert.Equal((100L, 2, 1100L), (next.StartedAt, next.Partitions.Count, next.Deadline));
    }

    [Theory]
    [InlineData(6, 3, ErrorCode.InvalidProducerIdMapping)]
    [InlineData(5, 2, ErrorCode.ProducerFenced)]
    [InlineData(5, 4, ErrorCode.ProducerFenced)]
    internal void Steps_AnotherProducer_IsRefused(long id, short epoch, ErrorCode expected)
    {
        Assert.Equal(expected, TransactionSteps.AddPartitions(Empty, id, epoch, [new TopicPartition("a", 0)], 0).Error);
        Assert.Equal(expected, TransactionSteps.End(Ongoing, id, epoch, true, 0).Error);
    }

    [Fact]
    public void Records_Transaction_RoundTrips()
    {
        var written = Ongoing with { PreviousProducerId = 4, UpdatedAt = 300, Partitions = [new("a", 0), new("a", 2), new("b", 1)] };

        Assert.True(TransactionRecords.TryReadKey(TransactionRecords.Key("tx"), out var id));
        var read = TransactionRecords.ReadValue(id, TransactionRecords.Value(written));

        Assert.True(read.Partitions.SetEquals(written.Partitions));
        Assert.Equal(written with { Partitions = [] }, read with { Partitions = [] });
    }

    [Theory]
    [InlineData((sbyte)TransactionState.Empty, true)]
    [InlineData((sbyte)TransactionState.CompleteCommit, true)]
    [InlineData((sbyte)TransactionState.CompleteAbort, true)]
    [InlineData((sbyte)TransactionState.Ongoing, false)]
    [InlineData((sbyte)TransactionState.PrepareCommit, false)]
    [InlineData((sbyte)TransactionState.PrepareAbort, false)]
    public void IsExpired_AnyState_OnlyWithoutAnOpenTransaction(sbyte state, bool expires)
    {
        var idle = Empty with { State = (TransactionState)state, UpdatedAt = 5000 };

        Assert.False(idle.IsExpired(5999, TimeSpan.FromSeconds(1)));
        Assert.Equal(expires, idle.IsExpired(6000, TimeSpan.FromSeconds(1)));
    }

    private static Step Initialise(Transaction current, (long, short)? expected) =>
        TransactionSteps.Initialise(current, "tx", expected, 1000, () => 77, 0);
}
