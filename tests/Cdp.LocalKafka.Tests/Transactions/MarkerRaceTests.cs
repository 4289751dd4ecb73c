using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

public sealed class MarkerRaceTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    /// <summary>A batch written after its transaction's marker would open a transaction that never ends, and block every read_committed consumer.</summary>
    [Fact]
    public async Task End_ConcurrentBatches_NoneIsStoredAfterTheMarker()
    {
        var producer = _broker.Producer();
        var sequence = 0;
        for (var round = 0; round < 100; round++)
        {
            Assert.Equal(ErrorCode.None, _broker.Add(producer, A0));
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var writing = Task.Run(() =>
            {
                AppendResult result;
                while ((result = Append(producer, sequence)).ErrorCode == ErrorCode.None)
                {
                    sequence++;
                    written.TrySetResult();
                }
                return result.ErrorCode;
            }, TestContext.Current.CancellationToken);
            await written.Task;

            Assert.Equal(ErrorCode.None, _broker.End(producer, commit: round % 2 == 0));

            Assert.True(await writing is ErrorCode.InvalidTxnState or ErrorCode.ConcurrentTransactions);
            Assert.Equal(_broker.Log(A0).HighWatermark, _broker.Log(A0).LastStableOffset);
        }
    }

    private AppendResult Append((long Id, short Epoch) producer, int sequence)
    {
        var batch = BatchBuilder.Records([(null, "v"u8.ToArray())], 0, 0, producer.Id, producer.Epoch, transactional: true);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchHeader.CrcAt), Crc32C.Of(batch.AsSpan(BatchHeader.AttributesAt)));
        return _broker.Log(A0).Append(batch, header => _broker.Transactions.Verify(Id, header.ProducerId, header.ProducerEpoch, A0));
    }
}
