using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Segments;

/// <summary>The index files have Kafka's format, and losing or damaging them costs only a scan.</summary>
public sealed class SegmentIndexTests : IDisposable
{
    private const int Count = 400;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Roll_FullSegment_WritesKafkasIndexFiles()
    {
        Filled().Close(flush: true);
        var log = File.ReadAllBytes(First(".log"));
        var (offsets, times) = (File.ReadAllBytes(First(".index")), File.ReadAllBytes(First(".timeindex")));

        Assert.True(offsets.Length > 0 && offsets.Length % 8 == 0 && times.Length % 12 == 0);
        var last = 0;
        for (var at = 0; at < offsets.Length; at += 8)
        {
            var (offset, position) = (BinaryPrimitives.ReadInt32BigEndian(offsets.AsSpan(at)), BinaryPrimitives.ReadInt32BigEndian(offsets.AsSpan(at + 4)));
            Assert.True(BatchHeader.TryRead(log.AsSpan(position), out var header));
            Assert.Equal(offset, header.LastOffset);
            Assert.True(position - last > 500);
            last = position;
        }
        var newest = times.AsSpan(times.Length - 12);
        var end = Heads(log)[^1];
        Assert.Equal((end.MaxTimestamp, end.LastOffset), (BinaryPrimitives.ReadInt64BigEndian(newest), BinaryPrimitives.ReadInt32BigEndian(newest[8..])));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("delete")]
    [InlineData("empty")]
    [InlineData("shorten")]
    [InlineData("tear")]
    [InlineData("garble")]
    [InlineData("zero")]
    public void Open_IndexFilesDamaged_FindsEverything(string how)
    {
        var log = Filled();
        var expected = Found(log);
        log.Close(flush: true);
        foreach (var path in Directory.GetFiles(_directory.Path, "*.index")) Tamper(path, how, entry: 8);
        if (how is not ("shorten" or "garble"))
            foreach (var path in Directory.GetFiles(_directory.Path, "*.timeindex")) Tamper(path, how, entry: 12);

        Assert.Equal(expected, Found(Open()));
        Assert.Equal(expected, Found(Open()));
    }

    [Fact]
    public void Append_IndexesOfFullSegmentsLost_AppendsAndLookupsStillWork()
    {
        var log = Filled();
        log.Close(flush: true);
        foreach (var path in Directory.GetFiles(_directory.Path, "*index")) File.Delete(path);
        log = Open();
        for (var i = 0; i < 100; i++) log.MustAppend(SampleBatches.Plain(2, timestamp: 100_000 + i));

        Assert.Equal((Count * 2, 100_000), log.FirstAt(100_000));
        Assert.Equal(Count * 2, log.Read(Count * 2, 10, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset);
    }

    /// <summary>The disk loses a batch while the broker runs: the broker reports it, keeps everything else, and does not write over the gap.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_BatchDamagedWhileOpen_FailsAndOtherBatchesAreUnaffected(bool inActiveSegment)
    {
        var log = Filled();
        log.SaveIfGrown(byAtLeast: 0);
        var segments = Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal).ToList();
        var path = inActiveSegment ? segments[^1] : segments[1];
        var entry = File.ReadAllBytes(Path.ChangeExtension(path, ".index")).AsSpan(8);
        var (offset, position) = (Segment.OffsetOf(path) + BinaryPrimitives.ReadInt32BigEndian(entry), BinaryPrimitives.ReadInt32BigEndian(entry[4..]));
        var head = File.ReadAllBytes(path)[position..(position + BatchHeader.Size)];

        Overwrite(path, position, new byte[BatchHeader.Size]);
        Assert.Throws<InvalidDataException>(() => log.Read(offset, 1000, wholeFirst: true, committedOnly: false));
        Assert.Throws<InvalidDataException>(() => log.Read(offset + 1, 1000, wholeFirst: true, committedOnly: false));
        Assert.Equal(Count * 2, log.MustAppend(SampleBatches.Plain()));

        Overwrite(path, position, head);
        for (var i = 0; i < Count * 2; i++)
            Assert.InRange(log.Read(i, 10, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset, i - 1, i);
    }

    private static void Tamper(string path, string how, int entry)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length == 0) return;
        switch (how)
        {
            case "delete": File.Delete(path); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "shorten": File.WriteAllBytes(path, bytes[..(bytes.Length / entry / 2 * entry)]); break;
            case "tear": File.WriteAllBytes(path, bytes[..^3]); break;
            case "zero": File.WriteAllBytes(path, new byte[bytes.Length]); break;
            case "garble":
                for (var at = 7; at < bytes.Length; at += 3 * entry) bytes[at] ^= 0x15;
                File.WriteAllBytes(path, bytes);
                break;
        }
    }

    // Every offset and every timestamp that a consumer may ask for.
    private static List<(long, (long, long)?)> Found(PartitionLog log) =>
    [
        .. Enumerable.Range(0, Count * 2).Select(
            offset => (log.Read(offset, 10, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset, log.FirstAt(1000 + offset))),
        (log.HighWatermark, log.Newest()),
    ];

    private static void Overwrite(string path, int position, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = position;
        file.Write(bytes);
    }

    private static List<BatchHeader> Heads(byte[] log)
    {
        var heads = new List<BatchHeader>();
        for (var at = 0; BatchHeader.TryRead(log.AsSpan(at), out var header); at += header.Bytes) heads.Add(header);
        return heads;
    }

    private PartitionLog Filled()
    {
        var log = Open();
        for (var i = 0; i < Count; i++) log.MustAppend(SampleBatches.Plain(2, timestamp: 1000 + (i % 3 == 1 ? i - 1 : i) * 2));
        Assert.True(Directory.GetFiles(_directory.Path, "*.log").Length > 3);
        return log;
    }

    private string First(string extension) => Path.Combine(_directory.Path, "00000000000000000000" + extension);

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(segmentBytes: 10_000) with { IndexIntervalBytes = 500 });
}
