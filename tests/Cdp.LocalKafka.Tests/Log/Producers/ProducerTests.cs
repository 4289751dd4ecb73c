using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Producers;

/// <summary>Idempotent producers (KIP-98, KIP-360), each case also after the log was reopened.</summary>
public sealed class ProducerTests : IDisposable
{
    private const long Id = 4000;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_DuplicateOfTheLastFiveBatches_ReturnsItsOffset(bool reopened)
    {
        var log = Open();
        for (var i = 0; i < 6; i++) log.MustAppend(SampleBatches.Of(Id, 0, i * 2, count: 2));
        if (reopened) log = Open();

        for (var i = 1; i < 6; i++) Assert.Equal(i * 2, log.MustAppend(SampleBatches.Of(Id, 0, i * 2, count: 2)));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(SampleBatches.Of(Id, 0, 0, count: 2)).ErrorCode);
        Assert.Equal(12, log.HighWatermark);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_SequenceWithAGap_IsOutOfOrder(bool reopened)
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, count: 3));
        if (reopened) log = Open();

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(SampleBatches.Of(Id, 0, 4)).ErrorCode);
        Assert.Equal(3, log.MustAppend(SampleBatches.Of(Id, 0, 3)));
    }

    [Fact]
    public void Append_OlderEpoch_IsFenced()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 1, 0));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, log.Append(SampleBatches.Of(Id, 0, 1)).ErrorCode);
    }

    [Fact]
    public void Append_NewerEpoch_StartsAtSequenceZero()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(SampleBatches.Of(Id, 1, 1)).ErrorCode);
        Assert.Equal(1, log.MustAppend(SampleBatches.Of(Id, 1, 0)));
    }

    /// <summary>The open transaction has another epoch, so the coordinator is asked about this one (Kafka's hasOngoingTransaction).</summary>
    [Fact]
    public void Append_NewerEpochDuringAnOlderEpochsTransaction_IsVerified()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, transactional: true));
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(SampleBatches.Of(Id, 1, 0, transactional: true), _ => ErrorCode.InvalidTxnState).ErrorCode);
        Assert.Equal(1, log.HighWatermark);
    }

    [Fact]
    public void Append_UnknownProducer_MayStartAtAnySequence() => Assert.Equal(0, Open().MustAppend(SampleBatches.Of(Id, 3, 77)));

    [Fact]
    public void Append_SequenceWrapsAround_ContinuesAtZero()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, int.MaxValue - 1, count: 2));
        Assert.Equal(2, log.MustAppend(SampleBatches.Of(Id, 0, 0)));
    }

    [Fact]
    public void Append_OutsideTheOpenTransaction_IsRefused()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, transactional: true));
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(SampleBatches.Of(Id, 0, 1)).ErrorCode);
    }

    [Fact]
    public void Append_VerificationFails_OpensNoTransaction()
    {
        var log = Open();
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(SampleBatches.Of(Id, 0, 0, transactional: true), _ => ErrorCode.InvalidTxnState).ErrorCode);
        Assert.Equal((0, 0), (log.HighWatermark, log.LastStableOffset));
    }

    [Fact]
    public void Append_RetryAfterItsTransactionEnded_IsRefused()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, transactional: true));
        log.AppendMarker(Id, 0, commit: true, coordinatorEpoch: 0);

        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(SampleBatches.Of(Id, 0, 0, transactional: true), _ => ErrorCode.InvalidTxnState).ErrorCode);
        // the partition was added again, and this is a duplicate
        Assert.Equal(0, log.Append(SampleBatches.Of(Id, 0, 0, transactional: true), _ => ErrorCode.None).BaseOffset);
    }

    /// <summary>Otherwise the later batch would be treated as the first one of an unknown producer, and the earlier one refused forever.</summary>
    [Fact]
    public void Append_FirstBatchRefused_LaterBatchesMustWaitForIt()
    {
        var log = Open();
        Assert.Equal(ErrorCode.NotEnoughReplicas, log.Append(SampleBatches.Of(Id, 0, 2, transactional: true), _ => ErrorCode.NotEnoughReplicas).ErrorCode);

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(SampleBatches.Of(Id, 0, 3, transactional: true), _ => ErrorCode.None).ErrorCode);
        Assert.Empty(log.Producers);
        Assert.Equal(0, log.Append(SampleBatches.Of(Id, 0, 2, transactional: true), _ => ErrorCode.None).BaseOffset);
        Assert.Equal(1, log.Append(SampleBatches.Of(Id, 0, 3, transactional: true), _ => ErrorCode.None).BaseOffset);
    }

    [Fact]
    public void Append_FirstBatchRefused_AffectsOnlyItsEpoch()
    {
        var log = Open();
        log.Append(SampleBatches.Of(Id, 0, 2, transactional: true), _ => ErrorCode.NotEnoughReplicas);

        Assert.Equal(ErrorCode.None, log.Append(SampleBatches.Of(Id, 1, 5, transactional: true), _ => ErrorCode.None).ErrorCode);
    }

    [Fact]
    public void ForgetProducers_IdleProducer_MayStartAtAnySequence()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, timestamp: 1000));

        log.ForgetProducers(now: 1999, idleMs: 1000);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(SampleBatches.Of(Id, 0, 7)).ErrorCode);
        log.ForgetProducers(now: 2000, idleMs: 1000);
        Assert.Equal(1, log.MustAppend(SampleBatches.Of(Id, 0, 7)));
    }

    [Fact]
    public void ForgetProducers_OpenTransaction_IsKept()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(Id, 0, 0, transactional: true, timestamp: 1000));

        log.ForgetProducers(now: 1_000_000, idleMs: 1000);

        Assert.Equal(0, Assert.Single(log.Producers).TransactionStart);
    }

    [Theory]
    [InlineData(1, 2, ErrorCode.InvalidProducerEpoch)]
    [InlineData(2, 4, ErrorCode.TransactionCoordinatorFenced)]
    [InlineData(2, 5, ErrorCode.None)]
    [InlineData(3, 6, ErrorCode.None)]
    internal void TryAppendMarker_OlderEpochs_AreRefused(short epoch, int coordinatorEpoch, ErrorCode expected)
    {
        var log = Open();
        log.AppendMarker(Id, 2, commit: true, coordinatorEpoch: 5);
        log.MustAppend(SampleBatches.Of(Id, 2, 0, transactional: true));

        Assert.Equal(expected, log.TryAppendMarker(Id, epoch, commit: false, coordinatorEpoch));
        Assert.Equal(expected == ErrorCode.None ? log.HighWatermark : 1, log.LastStableOffset);
    }

    [Fact]
    public void FromSnapshot_ProducerState_BehavesLikeTheOriginal()
    {
        var state = new ProducerState(Id);
        for (var i = 0; i < 6; i++) state.Apply(Header(i) with { BaseOffset = i });
        state.ApplyMarker(0, coordinatorEpoch: 2, timestamp: 3000);
        state.Apply(Header(6) with { BaseOffset = 10 });

        var restored = ProducerState.FromSnapshot(state.ToSnapshot());

        Assert.Equal(
            ((short)0, 2, 1000L, 10L, 6),
            (restored.Epoch, restored.CoordinatorEpoch, restored.LastTimestamp, restored.TransactionStart, restored.ToSnapshot().LastSequence));
        Assert.Equal([false, false, true, true, true, true, true], Enumerable.Range(0, 7).Select(i => restored.Duplicate(Header(i)) is not null));
        Assert.Equal(state.Duplicate(Header(3)), restored.Duplicate(Header(3)));
        Assert.Equal(ErrorCode.None, restored.Check(Header(7)).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, restored.Check(Header(8)).Error);
    }

    private static BatchHeader Header(int sequence)
    {
        Assert.True(BatchHeader.TryRead(SampleBatches.Of(Id, 0, sequence, transactional: true), out var header));
        return header;
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings());
}
