using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>What a log knows about its transactions while it is open and being cleaned. Each batch is its own segment here.</summary>
public sealed class OpenLogTests : IDisposable
{
    private const int Producer = 7;
    private readonly TempDirectory _directory = new(inMemory: true);
    private readonly FakeTime _time = new();
    private int _sequence;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Clean_MarkerRemoved_ItsTransactionIsNoLongerReported()
    {
        var log = Open();
        Write(log, "a", "aborted");
        log.AppendMarker(Producer, 0, commit: false, coordinatorEpoch: 0);
        var aborted = Assert.Single(AbortedTransactions(log));
        Write(log, "a", "committed");
        log.AppendMarker(Producer, 0, commit: true, coordinatorEpoch: 0);
        Write(log, "b", "committed");
        log.AppendMarker(Producer, 0, commit: true, coordinatorEpoch: 0);
        Assert.Equal(aborted, Assert.Single(AbortedTransactions(log)));

        for (var round = 0; round < 4; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            log.Clean(step => step.Run(), CancellationToken.None);
            Assert.Equal([("a", 2L), ("b", 4)], log.ReadCommitted(0, 10_000).Take(2).Select(record => (record.Key!, record.Offset)));
            log.MustAppend(TestBatch.Of(Codec.None, 0, [new TestRecord($"{round}", "v", 0)])); // something to clean in the next round
            log.MustAppend(TestBatch.Of(Codec.None, 0, [new TestRecord($"{round}", null, 0)]));
        }
        Assert.Empty(AbortedTransactions(log));
        Assert.NotEqual(aborted.LastOffset, log.Read(aborted.LastOffset, 1, wholeFirst: true, committedOnly: false).Slice.Headers()[0].LastOffset);
        log.Close(flush: false);

        log = Open();
        Assert.Empty(AbortedTransactions(log));
        log.Close(flush: false);
    }

    private void Write(PartitionLog log, string key, string value) =>
        log.MustAppend(TestBatch.Of(Codec.None, 0, [new TestRecord(key, value, 0)], Producer, epoch: 0, _sequence++, transactional: true));

    private static List<AbortedTransaction> AbortedTransactions(PartitionLog log) => [.. Enumerable.Range(0, (int)log.LastStableOffset)
        .SelectMany(offset => log.Read(offset, 10_000, wholeFirst: true, committedOnly: true).Aborted!).Distinct()];

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(100, _time) with
    {
        Compact = true,
        DeleteRetentionMs = 0,
        Cleaning = new CleaningSettings(0, 0, long.MaxValue),
    });
}
