using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>What a log knows of its transactions while it is open and cleaned. Each batch is a segment here.</summary>
public sealed class OpenLogTests : IDisposable
{
    private const int Producer = 7;
    private readonly TempDirectory _directory = new(inMemory: true);
    private readonly FakeTime _time = new();
    private int _sequence;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Clean_MarkerGone_ItsTransactionIsToldToNobody()
    {
        var log = Open();
        Write(log, "a", "aborted");
        log.AppendMarker(Producer, 0, commit: false, coordinatorEpoch: 0);
        var aborted = Assert.Single(Told(log));
        Write(log, "a", "committed");
        log.AppendMarker(Producer, 0, commit: true, coordinatorEpoch: 0);
        Write(log, "b", "committed");
        log.AppendMarker(Producer, 0, commit: true, coordinatorEpoch: 0);
        Assert.Equal(aborted, Assert.Single(Told(log)));

        for (var round = 0; round < 4; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            log.Clean(step => step.Run(), CancellationToken.None);
            Assert.Equal([("a", 2L), ("b", 4)], log.ReadCommitted(0, 10_000).Take(2).Select(record => (record.Key!, record.Offset)));
            log.Stored(TestBatch.Of(Codec.None, 0, [new TestRecord($"{round}", "v", 0)])); // something to clean in the next round
            log.Stored(TestBatch.Of(Codec.None, 0, [new TestRecord($"{round}", null, 0)]));
        }
        Assert.Empty(Told(log));
        Assert.NotEqual(aborted.LastOffset, log.Read(aborted.LastOffset, 1, wholeFirst: true, committedOnly: false).Slice.Headers()[0].LastOffset);
        log.Close(flush: false);

        log = Open();
        Assert.Empty(Told(log));
        log.Close(flush: false);
    }

    private void Write(PartitionLog log, string key, string value) =>
        log.Stored(TestBatch.Of(Codec.None, 0, [new TestRecord(key, value, 0)], Producer, epoch: 0, _sequence++, transactional: true));

    private static List<AbortedTransaction> Told(PartitionLog log) => [.. Enumerable.Range(0, (int)log.LastStableOffset)
        .SelectMany(offset => log.Read(offset, 10_000, wholeFirst: true, committedOnly: true).Aborted!).Distinct()];

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Batches.Settings(100, _time) with
    {
        Compact = true,
        DeleteRetentionMs = 0,
        Cleaning = new CleaningSettings(0, 0, long.MaxValue),
    });
}
