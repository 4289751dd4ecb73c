using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Validation;

public sealed class RecordValidationTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public static TheoryData<int> Codecs => [(int)Codec.None, (int)Codec.Gzip, (int)Codec.Snappy, (int)Codec.Lz4, (int)Codec.Zstd];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Append_KeylessRecordsToACompactedTopic_RefusesTheBatchAndListsThem(int codec)
    {
        var log = Open(SampleBatches.Settings() with { Compact = true });
        var batch = TestBatch.Of((Codec)codec, 0, [new(null, "1", 5), new("k", "2", 5), new(null, null, 5)]);
        var result = log.Append(batch);
        Assert.Equal((ErrorCode.InvalidRecord, 0), (result.ErrorCode, log.HighWatermark));
        Assert.Equal([0, 2], result.RecordErrors!.Select(error => error.Index));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Append_KeyedRecordsToACompactedTopic_StoresTheBatchAsSent(int codec)
    {
        var log = Open(SampleBatches.Settings() with { Compact = true });
        var batch = TestBatch.Of((Codec)codec, 0, [new("", "1", 5), new("k", null, 5)]);
        log.MustAppend(batch);
        Assert.Equal(batch, log.Read(0, 10_000, wholeFirst: true, committedOnly: false).Slice.Bytes());
    }

    [Fact]
    public void Append_UndecodableRecords_FailsAsInKafka()
    {
        var log = Open(SampleBatches.Settings() with { Compact = true });
        var batch = TestBatch.Of(Codec.Gzip, 0, [new("k", "1", 5)]);
        batch[BatchHeader.Size] ^= 0xff;
        Assert.Equal(ErrorCode.UnknownServerError, log.Append(SampleBatches.WithChecksum(batch)).ErrorCode);

        batch = TestBatch.Of(Codec.None, 0, [new("k", "1", 5)]);
        batch[BatchHeader.Size] -= 2;
        Assert.Equal(ErrorCode.InvalidRecord, log.Append(SampleBatches.WithChecksum(batch)).ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Append_TopicWithItsOwnCodec_RecompressesTheRecords(int codec)
    {
        var log = Open(SampleBatches.Settings() with { Compression = (Codec)codec });
        foreach (var from in Enum.GetValues<Codec>())
        {
            var sent = TestBatch.Of(from, 0, [new("k", new string('x', 100), 5), new(null, null, 7)], producer: 9, epoch: 0, sequence: 2 * (int)from);
            var offset = log.MustAppend(sent);
            Assert.Equal(offset, log.MustAppend(sent)); // a retry is still recognised

            var stored = log.Read(offset, 10_000, wholeFirst: true, committedOnly: false).Slice.Bytes();
            Assert.True(BatchHeader.TryRead(stored, out var header) && header.ChecksumHolds(stored));
            Assert.Equal(((Codec)codec, 7, 9, 2 * (int)from), (header.Codec, header.MaxTimestamp, header.ProducerId, header.BaseSequence));
            Assert.Equal([("k", 5), (null, 7)], BatchRecords.Read(header, stored).Select(record => (TestBatch.Text(record.Key), record.Timestamp)));
            if (from == (Codec)codec) Assert.Equal(sent[8..], stored[8..]);
        }
    }

    [Fact]
    public void Append_TooLargeAfterRecompression_IsRefused()
    {
        var log = Open(SampleBatches.Settings() with { Compression = Codec.None, MaxMessageBytes = 1000 });
        Assert.Equal(ErrorCode.MessageTooLarge, log.Append(TestBatch.Of(Codec.Gzip, 0, [new("k", new string('x', 2000), 5)])).ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void FirstAt_TimestampInsideABatch_ReturnsTheExactRecord(int codec)
    {
        var log = Open(SampleBatches.Settings());
        log.MustAppend(TestBatch.Of((Codec)codec, 0, [new("a", "1", 10), new("b", "1", 30), new("c", "1", 20)]));
        log.MustAppend(TestBatch.Of((Codec)codec, 0, [new("a", "1", 5), new("b", "1", 40)]));
        Assert.Equal([(0L, 10L), (1, 30), (4, 40), null], new long[] { 0, 11, 31, 41 }.Select(log.FirstAt));
        Assert.Equal((4, 40), log.Newest());
    }

    [Fact]
    public void FirstAt_BatchEmptiedByACleaning_ReturnsTheNextRecord()
    {
        var emptied = TestBatch.Of(Codec.None, 0, [new("a", "1", 50)]);
        BatchHeader.TryRead(emptied, out var header);
        var next = TestBatch.Of(Codec.None, 1, [new("a", "2", 60)]);
        File.WriteAllBytes(Path.Combine(_directory.Path, $"{0:D20}.log"), BatchRewrite.Empty(header, emptied));
        File.WriteAllBytes(Path.Combine(_directory.Path, $"{1:D20}.log"), next);
        Assert.Equal((1, 60), Open(SampleBatches.Settings()).FirstAt(40));
    }

    private PartitionLog Open(LogSettings settings) => PartitionLog.Open(_directory.Path, 0, settings);
}
