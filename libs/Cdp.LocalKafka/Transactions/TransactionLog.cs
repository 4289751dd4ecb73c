using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;

namespace Cdp.LocalKafka.Transactions;

/// <summary>
/// The transaction log, <c>__transaction_state</c>. Producer ids are reserved in it in blocks, as Kafka's controller does. After a restart the rest of a
/// block is skipped, so that no id is assigned twice.
/// </summary>
internal sealed class TransactionLog(TopicStore topics)
{
    private const int ProducerIdBlock = 1000;
    private readonly Lock _gate = new();
    private long _nextProducerId;
    private long _blockEnd;

    private PartitionLog Log => topics.Find(TopicStore.TransactionsTopic)!.Partitions[0];

    public void Append(Transaction transaction) =>
        Log.AppendRecords([(TransactionRecords.Key(transaction.TransactionalId), TransactionRecords.Value(transaction))]);

    /// <summary>Writes a tombstone for a transactional id.</summary>
    public void Forget(string transactionalId) => Log.AppendRecords([(TransactionRecords.Key(transactionalId), null)]);

    public long NewProducerId()
    {
        lock (_gate)
        {
            if (_nextProducerId == _blockEnd)
            {
                Log.AppendRecords([(TransactionRecords.ProducerIdsKey, TransactionRecords.ProducerIdsValue(_blockEnd + ProducerIdBlock))]);
                _blockEnd += ProducerIdBlock;
            }
            return _nextProducerId++;
        }
    }

    /// <summary>Reads the last state of every transactional id.</summary>
    public IReadOnlyCollection<Transaction> Load()
    {
        var transactions = new Dictionary<string, Transaction>(StringComparer.Ordinal);
        foreach (var record in Log.Records(Log.StartOffset))
        {
            if (record.IsControl || record.Key is not { } key) continue; // an administrator can write a marker even here
            if (key.AsSpan().SequenceEqual(TransactionRecords.ProducerIdsKey))
            {
                _nextProducerId = _blockEnd = TransactionRecords.ReadProducerIds(record.Value!);
            }
            else if (TransactionRecords.TryReadKey(key, out var id))
            {
                if (record.Value is null) transactions.Remove(id);
                else transactions[id] = TransactionRecords.ReadValue(id, record.Value);
            }
        }
        return transactions.Values;
    }
}
