using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Producers;

/// <summary>The last stable offset and the list of aborted transactions, each also as rebuilt from the log.</summary>
public sealed class TransactionIndexTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LastStableOffset_InterleavedTransactions_IsTheStartOfTheOldestOpenOne(bool reopened)
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain(2));
        log.MustAppend(SampleBatches.Of(1, 0, 0, transactional: true)); // offset 2
        log.MustAppend(SampleBatches.Of(2, 0, 0, transactional: true)); // offset 3
        log.MustAppend(SampleBatches.Plain(2));
        if (reopened) log = Open();

        Assert.Equal(2, log.LastStableOffset);
        log.AppendMarker(1, 0, commit: true, coordinatorEpoch: 0);
        Assert.Equal(3, log.LastStableOffset);
        log.AppendMarker(2, 0, commit: false, coordinatorEpoch: 0);
        Assert.Equal((8, 8), (log.LastStableOffset, log.HighWatermark));
    }

    [Fact]
    public void Read_CommittedOnly_EndsBeforeTheOpenTransaction()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain(2));
        log.MustAppend(SampleBatches.Of(1, 0, 0, transactional: true));
        log.MustAppend(SampleBatches.Plain(2));

        Assert.Equal([0L], Offsets(log.Read(0, 10_000, wholeFirst: true, committedOnly: true)));
        Assert.Equal([0L, 2L, 3L], Offsets(log.Read(0, 10_000, wholeFirst: true, committedOnly: false)));
        Assert.Empty(Offsets(log.Read(2, 10_000, wholeFirst: true, committedOnly: true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_CommittedOnly_ListsOverlappingAbortedTransactions(bool reopened)
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(1, 0, 0, count: 2, transactional: true)); // 0, 1
        log.AppendMarker(1, 0, commit: false, coordinatorEpoch: 0); // 2
        log.MustAppend(SampleBatches.Of(1, 0, 2, transactional: true)); // 3
        log.AppendMarker(1, 0, commit: true, coordinatorEpoch: 0); // 4
        log.MustAppend(SampleBatches.Of(2, 0, 0, transactional: true)); // 5
        log.AppendMarker(2, 0, commit: false, coordinatorEpoch: 0); // 6
        if (reopened) log = Open();

        Assert.Equal([(1L, 0L), (2L, 5L)], Aborted(log, 0));
        Assert.Equal([(1L, 0L), (2L, 5L)], Aborted(log, 2));
        Assert.Equal([(2L, 5L)], Aborted(log, 3));
        Assert.Equal([(2L, 5L)], Aborted(log, 6));
        Assert.Null(log.Read(0, 10_000, wholeFirst: true, committedOnly: false).Aborted);
    }

    [Fact]
    public void Append_AfterAnAbort_StartsTheNextTransactionAtItsOwnOffset()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Of(1, 0, 0, transactional: true));
        log.AppendMarker(1, 1, commit: false, coordinatorEpoch: 0); // fenced: the marker carries the bumped epoch
        log.MustAppend(SampleBatches.Of(1, 1, 0, transactional: true));
        Assert.Equal(2, log.LastStableOffset);
    }

    [Fact]
    public void Records_CoordinatorRecordsAndMarkers_RoundTrip()
    {
        var log = Open();
        log.AppendRecords([([1], [2]), ([3], null)], producerId: 7, producerEpoch: 1, transactional: true);
        log.AppendMarker(7, 1, commit: true, coordinatorEpoch: 0);

        Assert.Equal([(0L, false, false), (1, false, false), (2, true, true)], Open().Records(0).Select(r => (r.Offset, r.IsControl, r.IsCommit)));
        Assert.Equal([1L, 2L], Open().Records(1).Select(r => r.Offset));
    }

    private static IEnumerable<long> Offsets(LogRead read) => read.Slice.Headers().Select(header => header.BaseOffset);

    private static IEnumerable<(long, long)> Aborted(PartitionLog log, long from) =>
        log.Read(from, 10_000, wholeFirst: true, committedOnly: true).Aborted!.Select(aborted => (aborted.ProducerId, aborted.FirstOffset));

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings());
}
