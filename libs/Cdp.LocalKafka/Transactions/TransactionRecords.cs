using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Transactions;

/// <summary>
/// The format of a transactional id in <c>__transaction_state</c>: Kafka's TransactionLogKey version 0 and TransactionLogValue version 1. One additional key,
/// with a version that Kafka does not use, stores the end of the range of assigned producer ids.
/// </summary>
internal static class TransactionRecords
{
    private const short KeyVersion = 0;
    private const short ValueVersion = 1;

    /// <summary>The key of the record for producer ids. Kafka's readers skip keys of unknown versions.</summary>
    public static readonly byte[] ProducerIdsKey = [0x7f, 0xff];

    public static byte[] Key(string transactionalId) => Versioned.Write(KeyVersion, false, new TransactionKey { TransactionalId = transactionalId });

    public static byte[] Value(Transaction transaction) => Versioned.Write(ValueVersion, true, new TransactionValue
    {
        ProducerId = transaction.ProducerId,
        PreviousProducerId = transaction.PreviousProducerId,
        ProducerEpoch = transaction.ProducerEpoch,
        TimeoutMs = transaction.TimeoutMs,
        State = (sbyte)transaction.State,
        Partitions =
        [
            .. transaction.Partitions.GroupBy(p => p.Topic)
                .Select(topic => new Topic { Name = topic.Key, Partitions = [.. topic.Select(p => p.Partition)] }),
        ],
        UpdatedAt = transaction.UpdatedAt,
        StartedAt = transaction.StartedAt,
    });

    public static byte[] ProducerIdsValue(long next)
    {
        var value = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, next);
        return value;
    }

    public static long ReadProducerIds(byte[] value) => BinaryPrimitives.ReadInt64BigEndian(value);

    public static bool TryReadKey(byte[] key, out string transactionalId)
    {
        transactionalId = "";
        if (key.Length < sizeof(short) || BinaryPrimitives.ReadInt16BigEndian(key) != KeyVersion) return false;
        transactionalId = Versioned.Read<TransactionKey>(key, firstFlexible: short.MaxValue).TransactionalId;
        return true;
    }

    public static Transaction ReadValue(string transactionalId, byte[] value)
    {
        var read = Versioned.Read<TransactionValue>(value, firstFlexible: 1);
        return new Transaction(transactionalId, read.ProducerId, read.ProducerEpoch, read.TimeoutMs)
        {
            PreviousProducerId = read.PreviousProducerId,
            State = (TransactionState)read.State,
            Partitions = [.. (read.Partitions ?? []).SelectMany(topic => (topic.Partitions ?? []).Select(p => new TopicPartition(topic.Name, p)))],
            UpdatedAt = read.UpdatedAt,
            StartedAt = read.StartedAt,
        };
    }

    private sealed class TransactionKey : IWireFields
    {
        public string TransactionalId = "";

        public void Describe(Wire w) => w.String(ref TransactionalId);
    }

    private sealed class TransactionValue : IWireFields
    {
        public long ProducerId;
        public long PreviousProducerId = -1;
        public short ProducerEpoch;
        public int TimeoutMs;
        public sbyte State;
        public List<Topic>? Partitions;
        public long UpdatedAt;
        public long StartedAt;

        public void Describe(Wire w)
        {
            w.Int64(ref ProducerId);
            w.Int16(ref ProducerEpoch);
            w.Int32(ref TimeoutMs);
            w.Int8(ref State);
            w.Array(ref Partitions);
            w.Int64(ref UpdatedAt);
            w.Int64(ref StartedAt);
            w.Tags(new TaggedField(0, PreviousProducerId >= 0, tagged => tagged.Int64(ref PreviousProducerId)));
        }
    }

    private sealed class Topic : IWireFields
    {
        public string Name = "";
        public List<int>? Partitions;

        public void Describe(Wire w)
        {
            w.String(ref Name);
            w.Int32s(ref Partitions);
            w.Tags();
        }
    }
}
