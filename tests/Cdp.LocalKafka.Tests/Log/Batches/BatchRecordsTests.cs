using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Tests.Support;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Log.Batches;

public sealed class BatchRecordsTests
{
    [Fact]
    public void With_SubsetOfRecordsInAnyCodec_KeepsRecordsAndOffsetRange() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Long[0, 1L << 40].Nullable(), Gen.Int).Sample((count, from, to, horizon, seed) =>
        {
            var original = TestBatch.Of(
                (Codec)from, baseOffset: 100, [.. Enumerable.Range(0, count).Select(i => new TestRecord($"k{i}", $"v{i}", 1000 + (i * 7 % 5)))], producer: 7,
                sequence: 3);
            BatchHeader.TryRead(original, out var header);
            var random = new Random(seed);
            var kept = BatchRecords.Read(header, original).FindAll(record => record.Offset == 100 || random.Next(2) == 0);

            var rewritten = BatchRewrite.With(header, original, kept, (Codec)to, horizon);
            Assert.True(BatchHeader.TryRead(rewritten, out var after) && after.ChecksumHolds(rewritten));
            Assert.Equal(
                (header.BaseOffset, header.LastOffset, header.ProducerId, header.BaseSequence, header.LastSequence),
                (after.BaseOffset, after.LastOffset, after.ProducerId, after.BaseSequence, after.LastSequence));
            Assert.Equal(
                (kept.Count, (Codec)to, horizon, kept.Max(record => record.Timestamp)), (after.Count, after.Codec, after.DeleteHorizon, after.MaxTimestamp));
            var read = BatchRecords.Read(after, rewritten);
            Assert.Equal(kept.Select(Content), read.Select(Content));
        }, iter: 300);

    [Theory]
    [InlineData(57, 5)] // one record too many
    [InlineData(57, 3)] // one record too few
    [InlineData(57, -1)]
    public void Read_WrongRecordCount_IsRefused(int at, int count)
    {
        var batch = SampleBatches.Plain(4);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(at), count);
        BatchHeader.TryRead(batch, out var header);
        Assert.Throws<InvalidDataException>(() => BatchRecords.Read(header, batch));
    }

    [Fact]
    public void Read_DamagedBatch_IsReadOrRefused()
    {
        var batch = TestBatch.Of(Codec.None, 0, [new("a", "1", 5), new("b", null, 6), new(null, "2", 7)]);
        Gen.Select(Gen.Int[BatchHeader.Size, batch.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var damaged = batch.ToArray();
            damaged[at] = value;
            BatchHeader.TryRead(damaged, out var header);
            try
            {
                return BatchRecords.Read(header, damaged).Count == 3;
            }
            catch (InvalidDataException)
            {
                return true;
            }
        }, iter: 2000);
    }

    private static (long, long, string) Content(BatchRecord record) => (record.Offset, record.Timestamp, Convert.ToHexString(record.Tail.Span));
}
