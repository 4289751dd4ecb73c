using Cdp.LocalKafka.Log;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>A log opened with its checkpoint and indexes is what one is that was read from its first byte.</summary>
public sealed class RecoveryTests : IDisposable
{
    private const int Producers = 4;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_AfterRandomWorkAndDeaths_EqualsAFullScan() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            var live = Fresh("live");
            for (var death = 0; death < 4; death++)
            {
                Work(PartitionLog.Open(live, 0, Settings), random);
                Maim(live, random);
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
    public void Open_AfterACleanStop_ReadsNoBatchOfTheLog()
    {
        var log = Open();
        for (var i = 0; i < 200; i++) log.Stored(Batches.Of(7, 0, i, timestamp: 5000 + i));
        log.Close(flush: true);

        // Bytes of records in the middle are overwritten: a scan of the last segment would cut it there, a scan of another would not notice.
        var last = Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(last);
        bytes[BatchHeader.Size + 3] ^= 1;
        File.WriteAllBytes(last, bytes);
        Assert.Equal(200, Open().HighWatermark);
        File.Delete(Path.Combine(_directory.Path, "checkpoint"));
        Assert.True(Open().HighWatermark < 200);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("empty")]
    [InlineData("garble")]
    [InlineData("version")]
    public void Open_CheckpointTamperedWith_ReadsTheLog(string how)
    {
        var log = Open();
        for (var i = 0; i < 200; i++) log.Stored(Batches.Of(7, 0, i));
        log.Close(flush: true);
        var path = Path.Combine(_directory.Path, "checkpoint");
        var bytes = File.ReadAllBytes(path);
        if (how == "delete") File.Delete(path);
        if (how == "empty") File.WriteAllBytes(path, []);
        if (how == "garble") bytes[^5] ^= 1;
        if (how == "version") bytes[3] = 99;
        if (how is "garble" or "version") File.WriteAllBytes(path, bytes);

        var reopened = Open();
        Assert.Equal(199, reopened.Stored(Batches.Of(7, 0, 199)));
        Assert.Equal(200, reopened.Stored(Batches.Of(7, 0, 200)));
    }

    [Fact]
    public void Open_LogGrewAgainToTheLengthOfACheckpointAheadOfIt_DoesNotBelieveThatCheckpoint()
    {
        var log = Open(segmentBytes: 1 << 20);
        for (var i = 0; i < 20; i++) log.Stored(Batches.Of(7, 0, i));
        log.Close(flush: true);
        var path = Path.Combine(_directory.Path, "00000000000000000000.log");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..200]); // the power failed

        log = Open(segmentBytes: 1 << 20);
        var end = log.HighWatermark;
        Assert.InRange(end, 1, 19);
        for (var i = 0; i < 40; i++) log.Stored(Batches.Of(8, 0, i));

        // The checkpoint of before would tell of a producer 7 that got to sequence 19.
        Assert.Equal(end + 40, Open(segmentBytes: 1 << 20).Stored(Batches.Of(7, 0, (int)end)));
    }

    private static LogSettings Settings => Batches.Settings(segmentBytes: 3000) with { IndexIntervalBytes = 300 };

    private PartitionLog Open(int segmentBytes = 3000) => PartitionLog.Open(_directory.Path, 0, Batches.Settings(segmentBytes));

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
                    log.Stored(Batches.Plain(1 + random.Next(3), timestamp: random.Next(10_000), valueBytes: random.Next(200)));
                    break;
                case < 6:
                    // Some are refused: an epoch before has the transaction open. So it is in life.
                    var count = 1 + random.Next(3);
                    if (log.Append(Batches.Of(producer, epoch, sequences[producer], count, transactional: true, timestamp: random.Next(10_000))).BaseOffset >= 0)
                        sequences[producer] += count;
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

    // What a death leaves: the last segment cut or with bytes that belong to no batch, indexes behind or gone.
    private static void Maim(string directory, Random random)
    {
        var last = Directory.GetFiles(directory, "*.log").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(last);
        switch (random.Next(4))
        {
            case 0: File.WriteAllBytes(last, bytes[..random.Next(bytes.Length + 1)]); break;
            case 1: File.WriteAllBytes(last, [.. bytes, .. Batches.Plain()[..^1]]); break;
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

    /// <summary>All that a log knows, as its own checkpoint tells it, and what readers see.</summary>
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
