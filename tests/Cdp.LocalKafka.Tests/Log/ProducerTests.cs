using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>Idempotent producers (KIP-98, KIP-360), each story also after the log was opened anew.</summary>
public sealed class ProducerTests : IDisposable
{
    private const long Id = 4000;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_OneOfTheLastFiveBatchesAgain_IsAnsweredWithItsOffset(bool reopened)
    {
        var log = Open();
        for (var i = 0; i < 6; i++) log.Stored(Batches.Of(Id, 0, i * 2, count: 2));
        if (reopened) log = Open();

        for (var i = 1; i < 6; i++) Assert.Equal(i * 2, log.Stored(Batches.Of(Id, 0, i * 2, count: 2)));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(Batches.Of(Id, 0, 0, count: 2)).ErrorCode);
        Assert.Equal(12, log.HighWatermark);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_SequenceWithAGap_IsOutOfOrder(bool reopened)
    {
        var log = Open();
        log.Stored(Batches.Of(Id, 0, 0, count: 3));
        if (reopened) log = Open();

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(Batches.Of(Id, 0, 4)).ErrorCode);
        Assert.Equal(3, log.Stored(Batches.Of(Id, 0, 3)));
    }

    [Fact]
    public void Append_OlderEpoch_IsFenced()
    {
        var log = Open();
        log.Stored(Batches.Of(Id, 1, 0));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, log.Append(Batches.Of(Id, 0, 1)).ErrorCode);
    }

    [Fact]
    public void Append_NewerEpoch_StartsAtSequenceZero()
    {
        var log = Open();
        log.Stored(Batches.Of(Id, 0, 0));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.Append(Batches.Of(Id, 1, 1)).ErrorCode);
        Assert.Equal(1, log.Stored(Batches.Of(Id, 1, 0)));
    }

    [Fact]
    public void Append_UnknownProducer_MayStartAnywhere() => Assert.Equal(0, Open().Stored(Batches.Of(Id, 3, 77)));

    [Fact]
    public void Append_SequenceWrapsAround_GoesOnAtZero()
    {
        var log = Open();
        log.Stored(Batches.Of(Id, 0, int.MaxValue - 1, count: 2));
        Assert.Equal(2, log.Stored(Batches.Of(Id, 0, 0)));
    }

    [Fact]
    public void Append_OutsideTheOpenTransaction_IsRefused()
    {
        var log = Open();
        log.Stored(Batches.Of(Id, 0, 0, transactional: true));
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(Batches.Of(Id, 0, 1)).ErrorCode);
    }

    [Fact]
    public void Append_CoordinatorSaysNo_OpensNoTransaction()
    {
        var log = Open();
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(Batches.Of(Id, 0, 0, transactional: true), _ => ErrorCode.InvalidTxnState).ErrorCode);
        Assert.Equal((0, 0), (log.HighWatermark, log.LastStableOffset));
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Batches.Settings());
}
