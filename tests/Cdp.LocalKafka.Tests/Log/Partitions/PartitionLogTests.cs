using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Log.Partitions;

public sealed class PartitionLogTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_AnyOffset_StartsWithTheBatchThatContainsIt()
    {
        var log = Open(segmentBytes: 20_000);
        for (var i = 0; i < 300; i++) log.MustAppend(SampleBatches.Plain(1 + (i % 7), valueBytes: 10 + (i % 5 * 300)));

        Gen.Long[0, log.HighWatermark - 1].Sample(offset =>
        {
            var read = log.Read(offset, 5000, wholeFirst: true, committedOnly: false);
            var first = read.Slice.Headers()[0];
            return read.Error == ErrorCode.None && first.BaseOffset <= offset && first.LastOffset >= offset;
        }, iter: 300);
        Assert.True(Directory.GetFiles(_directory.Path, "*.log").Length > 3);
    }

    [Fact]
    public void Read_FirstBatchExceedsMaxBytes_IsReturnedOnlyWithWholeFirst()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain(valueBytes: 5000));

        Assert.Single(log.Read(0, 100, wholeFirst: true, committedOnly: false).Slice.Headers());
        Assert.Equal(0, log.Read(0, 100, wholeFirst: false, committedOnly: false).Slice.Length);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Read_OutsideTheLog_IsRefused(long offset, bool inside)
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain());
        Assert.Equal(inside ? ErrorCode.None : ErrorCode.OffsetOutOfRange, log.Read(offset, 100, wholeFirst: true, committedOnly: false).Error);
    }

    [Fact]
    public void Open_TailTornAtAnyByte_KeepsTheIntactBatches()
    {
        var whole = Open();
        var ends = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            whole.MustAppend(SampleBatches.Plain(2));
            ends.Add(new FileInfo(SegmentPath).Length);
        }
        var bytes = File.ReadAllBytes(SegmentPath);

        Gen.Int[0, bytes.Length].Sample(cut =>
        {
            File.WriteAllBytes(SegmentPath, bytes[..cut]);
            var expected = ends.Count(end => end <= cut);
            return Open().HighWatermark == expected * 2 && new FileInfo(SegmentPath).Length == (expected == 0 ? 0 : ends[expected - 1]);
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void Open_LastBatchDamaged_IsTruncatedAndAppendsContinue()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain(3));
        log.MustAppend(SampleBatches.Plain(3));
        var bytes = File.ReadAllBytes(SegmentPath);
        bytes[^1] ^= 1;
        File.WriteAllBytes(SegmentPath, bytes);

        var reopened = Open();
        Assert.Equal(3, reopened.MustAppend(SampleBatches.Plain(4)));
        Assert.Equal(7, Open().HighWatermark);
    }

    [Fact]
    public void Open_EarlierSegmentDamaged_FailsAndNamesTheFile()
    {
        var log = Open(segmentBytes: 200);
        for (var i = 0; i < 5; i++) log.MustAppend(SampleBatches.Plain());
        File.WriteAllBytes(SegmentPath, File.ReadAllBytes(SegmentPath)[..^1]);

        Assert.Contains(SegmentPath, Assert.Throws<InvalidDataException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_BadBatches_AreRefusedAsInKafka()
    {
        var log = Open();
        var torn = SampleBatches.Plain()[..^1];
        var flipped = SampleBatches.Plain();
        flipped[^1] ^= 1;
        var old = SampleBatches.Plain();
        old[BatchHeader.MagicAt] = 1;
        var control = BatchBuilder.Marker(true, 0, 0, 0, 1, 0);

        Assert.Equal(ErrorCode.CorruptMessage, log.Append(torn).ErrorCode);
        Assert.Equal(ErrorCode.CorruptMessage, log.Append(flipped).ErrorCode);
        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, log.Append(old).ErrorCode);
        Assert.Equal(ErrorCode.InvalidRecord, log.Append(control).ErrorCode);
        Assert.Equal(ErrorCode.InvalidRecord, log.Append((byte[])[.. SampleBatches.Plain(), .. SampleBatches.Plain()]).ErrorCode);
        Assert.Equal(ErrorCode.MessageTooLarge, log.Append(SampleBatches.Plain(valueBytes: 2 << 20)).ErrorCode);
        Assert.Equal(0, log.HighWatermark);
    }

    [Fact]
    public void FirstAt_TimestampInsideABatchOrPastTheEnd_ReturnsTheRecordOrNull()
    {
        var log = Open(segmentBytes: 1000);
        for (var i = 0; i < 100; i++) log.MustAppend(SampleBatches.Plain(2, timestamp: 1000 + (i * 10)));

        Assert.Equal((0, 1000), log.FirstAt(0));
        Assert.Equal((2, 1010), log.FirstAt(1001));
        Assert.Equal((198, 1990), log.FirstAt(1990));
        Assert.Null(log.FirstAt(1991));
        Assert.Equal((198, 1990), log.Newest());
    }

    [Fact]
    public void Append_LogAppendTime_SetsTimestampAndChecksum()
    {
        var time = new FakeTime();
        var log = PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(time: time, logAppendTime: true));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();

        Assert.Equal(now, log.Append(SampleBatches.Plain()).LogAppendTime);
        var slice = log.Read(0, 1000, wholeFirst: true, committedOnly: false).Slice;
        var header = Assert.Single(slice.Headers());
        Assert.True(header.IsLogAppendTime && header.MaxTimestamp == now && header.ChecksumHolds(slice.Bytes()));
    }

    private string SegmentPath => Path.Combine(_directory.Path, "00000000000000000000.log");

    private PartitionLog Open(int segmentBytes = 1 << 20) => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(segmentBytes));
}
