using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Validation;

/// <summary>Batches with correct checksums but unreadable records.</summary>
public sealed class RecordStructureTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, Func<byte[], byte[]>> Unreadable => new()
    {
        { "a record longer than the batch", batch => With(batch, BatchHeader.Size, 0x7e) },
        { "a record of negative length", batch => With(batch, BatchHeader.Size, 0x01) },
        { "a record shorter than its fields", batch => With(batch, BatchHeader.Size, 0x10) },
        { "a key longer than its record", batch => With(batch, BatchHeader.Size + 4, 0x7e) },
        { "more headers than bytes", batch => With(batch, batch.Length - 1, 0x7e) },
        { "bytes after the last record", batch => Resized([.. batch, 0]) },
        { "a record cut short", batch => Resized(batch[..^1]) },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void Append_UnreadableRecords_IsInvalidRecord(string what, Func<byte[], byte[]> damage)
    {
        var log = PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings());
        var refused = log.Append(SampleBatches.WithChecksum(damage(SampleBatches.Plain(valueBytes: 10))));
        log.Close(flush: false);

        Assert.True(refused.ErrorCode == ErrorCode.InvalidRecord, $"{what}: {refused.ErrorCode}");
        Assert.Equal(0, log.HighWatermark);
    }

    [Fact]
    public void FirstAt_HeaderTimestampLaterThanAnyRecord_ContinuesSearching()
    {
        var log = PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings());
        log.MustAppend(SampleBatches.Plain(timestamp: 1000));
        var lying = SampleBatches.Plain(count: 2, timestamp: 2000);
        BinaryPrimitives.WriteInt64BigEndian(lying.AsSpan(35), 9000);
        log.MustAppend(SampleBatches.WithChecksum(lying));

        Assert.Null(log.FirstAt(5000));
        log.MustAppend(SampleBatches.Plain(timestamp: 6000));
        Assert.Equal((3, 6000), log.FirstAt(5000));
        log.Close(flush: false);
    }

    private static byte[] With(byte[] batch, int at, byte value)
    {
        batch[at] = value;
        return batch;
    }

    private static byte[] Resized(byte[] batch)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthPrefix);
        return batch;
    }
}
