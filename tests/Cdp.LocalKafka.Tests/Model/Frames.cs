using System.Buffers.Binary;
using System.Text;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>The client's side of the protocol: a <see cref="Call"/> as a request frame, a response frame as a <see cref="Reply"/>.</summary>
internal static class Frames
{
    private const int HeaderBytes = 4; // the correlation id
    private const int SequenceAt = 53; // in the batch header

    public static byte[] Write(Call call, long timestamp) => call switch
    {
        InitCall a => Write(ApiKey.InitProducerId, a.Version, 2, new InitProducerIdRequest
        {
            TransactionalId = a.Id,
            TransactionTimeoutMs = a.TimeoutMs,
            ProducerId = a.Pid,
            ProducerEpoch = a.Epoch,
        }),
        AddCall a => Write(ApiKey.AddPartitionsToTxn, a.Version, 3, new AddPartitionsToTxnRequest
        {
            TransactionalId = a.Id,
            ProducerId = a.Pid,
            ProducerEpoch = a.Epoch,
            Topics = [new AddPartitionsTopic { Name = InProcessBroker.Topic, Partitions = [.. a.Partitions] }],
        }),
        AddOffsetsCall a => Write(ApiKey.AddOffsetsToTxn, a.Version, 3, new AddOffsetsToTxnRequest
        {
            TransactionalId = a.Id,
            ProducerId = a.Pid,
            ProducerEpoch = a.Epoch,
            GroupId = "g",
        }),
        ProduceCall a => Write(ApiKey.Produce, a.Version, 9, new ProduceRequest
        {
            TransactionalId = a.Id,
            Acks = -1,
            TopicData = [new TopicProduceData { Name = InProcessBroker.Topic, PartitionData = [.. a.Batches.Select(batch => Data(a, batch, timestamp))] }],
        }),
        TxnOffsetCall a => Write(ApiKey.TxnOffsetCommit, a.Version, 3, new TxnOffsetCommitRequest
        {
            TransactionalId = a.Id,
            GroupId = "g",
            ProducerId = a.Pid,
            ProducerEpoch = a.Epoch,
            Topics =
            [
                new TxnOffsetCommitTopic { Name = InProcessBroker.Topic, Partitions = [new() { PartitionIndex = a.Partition, CommittedOffset = a.Offset }] },
            ],
        }),
        EndCall a => Write(ApiKey.EndTxn, a.Version, 3, new EndTxnRequest
        {
            TransactionalId = a.Id,
            ProducerId = a.Pid,
            ProducerEpoch = a.Epoch,
            Committed = a.Commit,
        }),
        OffsetCall a => Write(ApiKey.OffsetCommit, a.Version, 8, new OffsetCommitRequest
        {
            GroupId = "g",
            Topics =
            [
                new OffsetCommitTopic { Name = InProcessBroker.Topic, Partitions = [new() { PartitionIndex = a.Partition, CommittedOffset = a.Offset }] },
            ],
        }),
        _ => throw new ArgumentException($"{call}"),
    };

    public static Reply Read(Call call, byte[] frame) => call switch
    {
        InitCall => Initialised(Read<InitProducerIdResponse>(frame, call.Version, 2)),
        AddCall => new([.. Read<AddPartitionsToTxnResponse>(frame, call.Version, 3).Results![0].Results!.Select(p => (p.ErrorCode, -1L))]),
        AddOffsetsCall => Reply.Of(Read<AddOffsetsToTxnResponse>(frame, call.Version, 3).ErrorCode),
        ProduceCall => new([.. Read<ProduceResponse>(frame, call.Version, 9).Responses![0].PartitionResponses!.Select(p => (p.ErrorCode, p.BaseOffset))]),
        TxnOffsetCall => Reply.Of(Read<TxnOffsetCommitResponse>(frame, call.Version, 3).Topics![0].Partitions![0].ErrorCode),
        EndCall => Reply.Of(Read<EndTxnResponse>(frame, call.Version, 3).ErrorCode),
        OffsetCall => Reply.Of(Read<OffsetCommitResponse>(frame, call.Version, 8).Topics![0].Partitions![0].ErrorCode),
        _ => throw new ArgumentException($"{call}"),
    };

    /// <summary>The offset that the group has committed for a partition.</summary>
    public static (ErrorCode Error, long Offset) GroupOffset(Func<byte[], byte[]> answer, int partition, bool stable)
    {
        var asked = new OffsetFetchRequest
        {
            GroupId = "g",
            RequireStable = stable,
            Topics = [new OffsetFetchTopic { Name = InProcessBroker.Topic, PartitionIndexes = [partition] }],
        };
        var got = Read<OffsetFetchResponse>(answer(Write(ApiKey.OffsetFetch, 7, 6, asked)), 7, 6).Topics![0].Partitions![0];
        return (got.ErrorCode, got.CommittedOffset);
    }

    public static byte[] Write(ApiKey key, short version, short flexibleSince, IWireFields body) =>
        RawClient.Request(key, version, correlation: 7, body, version >= flexibleSince);

    public static T Read<T>(byte[] frame, short version, short flexibleSince) where T : IWireFields, new()
    {
        var reader = new WireReader(frame.AsMemory(HeaderBytes), version, version >= flexibleSince);
        reader.Tags();
        var response = new T();
        response.Describe(reader);
        Assert.Equal(0, reader.Remaining);
        return response;
    }

    private static PartitionProduceData Data(ProduceCall call, ProducedBatch produced, long timestamp)
    {
        var records = produced.Values.Select(value => ((byte[]?)null, (byte[]?)Encoding.UTF8.GetBytes(value)));
        var batch = BatchBuilder.Records([.. records], 0, timestamp, call.Pid, call.Epoch, transactional: call.Id is not null);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(SequenceAt), produced.Sequence);
        return new PartitionProduceData { Index = produced.Partition, Records = new Records(SampleBatches.WithChecksum(batch), default) };
    }

    private static Reply Initialised(InitProducerIdResponse response) =>
        new((response.ErrorCode, response.ProducerId), (ErrorCode.None, response.ProducerEpoch));
}
