using System.Text;
using Cdp.LocalKafka.Log.Batches;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Log.Batches;

public sealed class RecordBatchTests
{
    [Fact]
    public void Crc32C_StandardCheckString_HasTheStandardValue() => Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void Varint_AnyNumber_RoundTrips() => Gen.Long.Sample(value =>
    {
        var buffer = new byte[10];
        var left = buffer.AsSpan();
        Varint.Write(ref left, value);
        var written = buffer.AsSpan(0, buffer.Length - left.Length);
        ReadOnlySpan<byte> at = written;
        return written.Length == Varint.Size(value) && Varint.Read(ref at) == value && at.Length == 0;
    });

    [Fact]
    public void Records_AnyKeysAndValues_RoundTrip()
    {
        var bytes = Gen.Byte.Array[0, 300].Null();
        Gen.Select(Gen.Select(bytes, bytes).Array[1, 20], Gen.Long[0, 1L << 40], Gen.Bool).Sample((records, baseOffset, transactional) =>
        {
            var batch = BatchBuilder.Records([.. records.Select(r => ((byte[]?)r.Item1, (byte[]?)r.Item2))], baseOffset, 1234, 7, 2, transactional);
            Assert.True(BatchHeader.TryRead(batch, out var header));
            Assert.True(header.ChecksumHolds(batch));
            Assert.Equal((batch.Length, records.Length, transactional), (header.Bytes, header.Count, header.IsTransactional));
            var read = RecordReader.Read(header, batch);
            Assert.Equal(records.Select((_, i) => baseOffset + i), read.Select(r => r.Offset));
            Assert.Equal(records.Select(r => r.Item1), read.Select(r => r.Key));
            Assert.Equal(records.Select(r => r.Item2), read.Select(r => r.Value));
        }, iter: 300);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Marker_CommitOrAbort_RoundTrips(bool commit)
    {
        var batch = BatchBuilder.Marker(commit, coordinatorEpoch: 3, baseOffset: 5, timestamp: 1, producerId: 9, producerEpoch: 1);
        BatchHeader.TryRead(batch, out var header);
        var marker = Assert.Single(RecordReader.Read(header, batch));
        Assert.Equal((true, true, commit, 5L), (marker.IsControl, marker.IsTransactional, marker.IsCommit, marker.Offset));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(int.MaxValue, 1, 0)]
    [InlineData(int.MaxValue - 1, 3, 1)]
    public void Sequence_PastTheLargestInt_StartsOverAtZero(int sequence, int increment, int expected) =>
        Assert.Equal(expected, Sequence.Add(sequence, increment));
}
