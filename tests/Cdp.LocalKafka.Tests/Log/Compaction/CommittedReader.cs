using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>A record as a consumer gets it.</summary>
internal readonly record struct ReadRecord(long Offset, long Timestamp, string? Key, string? Value);

/// <summary>A read_committed consumer: it skips aborted records by the list in each response, as Kafka's own clients do.</summary>
internal static class CommittedReader
{
    public static List<ReadRecord> ReadCommitted(this PartitionLog log, long from, int maxBytes)
    {
        var read = new List<ReadRecord>();
        while (true)
        {
            var answer = log.Read(from, maxBytes, wholeFirst: true, committedOnly: true);
            Assert.Equal(ErrorCode.None, answer.Error);
            var next = Records(answer, from, read);
            if (next == from) return read;
            from = next;
        }
    }

    /// <summary>The last value of each key among the records.</summary>
    public static SortedDictionary<string, string> Fold(IEnumerable<ReadRecord> records)
    {
        var table = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if (record.Value is null) table.Remove(record.Key!);
            else table[record.Key!] = record.Value;
        }
        return table;
    }

    private static long Records(LogRead answer, long from, List<ReadRecord> read)
    {
        var toCome = new Queue<AbortedTransaction>(answer.Aborted!.OrderBy(transaction => transaction.FirstOffset));
        var aborting = new HashSet<long>();
        var bytes = answer.Slice.Bytes();
        var next = from;
        for (var at = 0; BatchHeader.TryRead(bytes.AsSpan(at), out var header) && at + header.Bytes <= bytes.Length; at += header.Bytes)
        {
            if (header.BaseOffset >= answer.LastStableOffset) break;
            var batch = bytes.AsSpan(at, header.Bytes);
            Assert.True(header.ChecksumHolds(batch));
            while (toCome.TryPeek(out var transaction) && transaction.FirstOffset <= header.LastOffset) aborting.Add(toCome.Dequeue().ProducerId);
            next = header.LastOffset + 1;
            if (header.IsControl)
            {
                if (RecordReader.Read(header, batch) is [{ IsCommit: false }]) aborting.Remove(header.ProducerId);
                continue;
            }
            if (header.IsTransactional && aborting.Contains(header.ProducerId)) continue;
            foreach (var record in BatchRecords.Read(header, batch))
                if (record.Offset >= from) read.Add(new ReadRecord(record.Offset, record.Timestamp, TestBatch.Text(record.Key), TestBatch.Text(record.Value)));
        }
        return next;
    }
}
