using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Tests.Support;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Log.Partitions;

/// <summary>A log opened with its checkpoint and indexes has the same state as one that was read from its first byte.</summary>
public sealed class RecoveryTests : IDisposable
{
    private const int Producers = 4;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_AfterRandomWorkAndCrashes_EqualsAFullScan() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            var live = Fresh("live");
            for (var death = 0; death < 4; death++)
            {
                var log = PartitionLog.Open(live, 0, Settings);
                var before = File.Exists(Path.Combine(live, "checkpoint")) ? File.ReadAllBytes(Path.Combine(live, "checkpoint")) : null;
                Work(log, random);
                Maim(live, before, random);
                var (scanned, opened) = (Fresh("scanned"), Fresh("opened"));
                foreach (var path in Directory.GetFiles(live))
                {
                    File.Copy(path, Path.Combine(opened, Path.GetFileName(path)));
                    if (path.EndsWith(".log", StringComparison.Ordinal)) File.Copy(path, Path.Combine(scanned, Path.GetFileName(path)));
                }
                Assert.Equal(State(scanned), State(opened));
            }
        },
        iter: 20, threads: 1);

    [Fact]
    public void Open_AfterACleanStop_DoesNotReadTheLog()
    {
        var log = Open();
        for (var i = 0; i < 200; i++) log.MustAppend(SampleBatches.Of(7, 0, i, timestamp: 5000 + i));
        log.Close(flush: true);

        // Overwrites bytes of records in the middle. A scan of the last segment would truncate it there; no other segment is scanned.
        var last = Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(last);
        bytes[BatchHeader.Size + 3] ^= 1;
        File.WriteAllBytes(last, bytes);
        Assert.Equal(200, Open().HighWatermark);
        File.Delete(Path.Combine(_directory.Path, "checkpoint"));
        Assert.True(Open().HighWatermark < 200);
    }

    [Fact]
    public void Open_BytesOfAFailedWriteAfterABatch_AreNotDamage()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain());
        using (var file = new FileStream(Path.Combine(_directory.Path, "00000000000000000000.log"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            file.Write(new byte[5000]);
        for (var i = 1; i < 100; i++) log.MustAppend(SampleBatches.Plain());
        Assert.True(Directory.GetFiles(_directory.Path, "*.log").Length > 1);
        Assert.Equal(100, Open().HighWatermark);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("empty")]
    [InlineData("garble")]
    [InlineData("version")]
    public void Open_CheckpointMissingOrDamaged_ReadsTheLog(string how)
    {
        var log = Open();
        for (var i = 0; i < 200; i++) log.MustAppend(SampleBatches.Of(7, 0, i));
        log.Close(flush: true);
        var path = Path.Combine(_directory.Path, "checkpoint");
        var bytes = File.ReadAllBytes(path);
        if (how == "delete") File.Delete(path);
        if (how == "empty") File.WriteAllBytes(path, []);
        if (how == "garble") bytes[^5] ^= 1;
        if (how == "version") bytes[3] = 99;
        if (how is "garble" or "version") File.WriteAllBytes(path, bytes);

        var reopened = Open();
        Assert.Equal(199, reopened.MustAppend(SampleBatches.Of(7, 0, 199)));
        Assert.Equal(200, reopened.MustAppend(SampleBatches.Of(7, 0, 200)));
    }

    [Fact]
    public void Open_LogGrewBackToAStaleCheckpointsLength_IgnoresThatCheckpoint()
    {
        var log = Open(segmentBytes: 1 << 20);
        for (var i = 0; i < 20; i++) log.MustAppend(SampleBatches.Of(7, 0, i));
        log.Close(flush: true);
        var path = Path.Combine(_directory.Path, "00000000000000000000.log");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..200]); // a power failure

        log = Open(segmentBytes: 1 << 20);
        var end = log.HighWatermark;
        Assert.InRange(end, 1, 19);
        for (var i = 0; i < 40; i++) log.MustAppend(SampleBatches.Of(8, 0, i));

        // An old checkpoint would claim that producer 7 had reached sequence 19.
        Assert.Equal(end + 40, Open(segmentBytes: 1 << 20).MustAppend(SampleBatches.Of(7, 0, (int)end)));
    }

    private static LogSettings Settings => SampleBatches.Settings(segmentBytes: 5000) with { IndexIntervalBytes = 300 };

    private PartitionLog Open(int segmentBytes = 3000) => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(segmentBytes));

    private string Fresh(string name)
    {
        var path = Path.Combine(_directory.Path, name);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        return Directory.CreateDirectory(path).FullName;
    }

    private static void Work(PartitionLog log, Random random)
    {
        var epoch = (short)random.Next(1, 1000);
        var sequences = new int[Producers];
        for (var steps = random.Next(200); steps > 0; steps--)
        {
            var producer = random.Next(Producers);
            switch (random.Next(8))
            {
                case < 3:
                    log.MustAppend(SampleBatches.Plain(1 + random.Next(3), timestamp: random.Next(10_000), valueBytes: random.Next(200)));
                    break;
                case < 6:
                    // Some batches are refused because an earlier epoch has the transaction open, as happens in production.
                    var count = 1 + random.Next(3);
                    var sent = SampleBatches.Of(producer, epoch, sequences[producer], count, transactional: true, timestamp: random.Next(10_000));
                    if (log.Append(sent).BaseOffset >= 0) sequences[producer] += count;
                    break;
                case 6:
                    log.AppendMarker(producer, epoch, commit: random.Next(2) == 0, coordinatorEpoch: 0);
                    break;
                default:
                    if (random.Next(3) == 0) log.SaveIfGrown(byAtLeast: 1);
                    break;
            }
        }
        if (random.Next(3) == 0) log.Close(flush: random.Next(2) == 0);
    }

    // What a crash leaves: the last segment truncated or followed by stray bytes, an old checkpoint, indexes that are ahead or missing.
    private static void Maim(string directory, byte[]? checkpoint, Random random)
    {
        if (random.Next(3) == 0)
        {
            if (checkpoint is null) File.Delete(Path.Combine(directory, "checkpoint"));
            else File.WriteAllBytes(Path.Combine(directory, "checkpoint"), checkpoint);
        }
        var last = Directory.GetFiles(directory, "*.log").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(last);
        switch (random.Next(4))
        {
            case 0: File.WriteAllBytes(last, bytes[..random.Next(bytes.Length + 1)]); break;
            case 1: File.WriteAllBytes(last, [.. bytes, .. SampleBatches.Plain()[..^1]]); break;
            case 2: File.WriteAllBytes(last, [.. bytes, .. new byte[100]]); break;
            default: break;
        }
        foreach (var index in Directory.GetFiles(directory, "*index"))
        {
            var chance = random.Next(12);
            if (chance == 0) File.Delete(index);
            if (chance == 1) File.WriteAllBytes(index, File.ReadAllBytes(index) is { Length: > 0 } some ? some[..^1] : []);
        }
    }

    /// <summary>Everything that a log knows, taken from its own checkpoint, and what consumers see.</summary>
    private static string State(string directory)
    {
        var log = PartitionLog.Open(directory, 0, Settings);
        var seen = new List<string> { $"{log.StartOffset} {log.HighWatermark} {log.LastStableOffset} {log.Newest()}" };
        for (var offset = log.StartOffset; offset < log.HighWatermark; offset++)
        {
            var read = log.Read(offset, 1, wholeFirst: true, committedOnly: true);
            seen.Add($"{string.Join(",", read.Slice.Headers())} {string.Join(",", read.Aborted!)}");
        }
        for (var time = 0; time < 10_000; time += 97) seen.Add($"{log.FirstAt(time)}");
        log.Close(flush: true);
        var saved = new CheckpointFile(directory).Read()!;
        seen.Add($"{saved.Segment} {saved.Extent} {string.Join(",", saved.Aborted)}");
        seen.AddRange(saved.Producers.OrderBy(producer => producer.ProducerId)
            .Select(producer => $"{producer with { Batches = [] }} {string.Join(",", producer.Batches)}"));
        return string.Join("\n", seen);
    }
}
