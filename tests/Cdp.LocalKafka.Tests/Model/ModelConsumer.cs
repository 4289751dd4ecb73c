using System.Text;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>A consumer that fetches from its positions and, with read_committed, skips aborted records as clients must.</summary>
internal sealed class ModelConsumer(Func<byte[], byte[]> answer, int partitions, bool committed)
{
    public bool Committed => committed;

    /// <summary>The next offset for each partition; -1 for one that it does not read.</summary>
    public long[] Positions { get; } = new long[partitions];
    public List<(long Offset, string Value)>[] Seen { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new List<(long, string)>())];

    /// <summary>Fetches once, with random byte limits. False when there was nothing more.</summary>
    public bool Poll(Random random)
    {
        var version = (short)random.Next(4, 13);
        var request = new FetchRequest
        {
            MaxBytes = Limit(random),
            IsolationLevel = (sbyte)(committed ? 1 : 0),
            Topics =
            [
                new FetchTopic
                {
                    Topic = InProcessBroker.Topic,
                    Partitions =
                    [
                        .. Enumerable.Range(0, partitions).Where(p => Positions[p] >= 0).Select(
                            p => new FetchPartition { Partition = p, FetchOffset = Positions[p], PartitionMaxBytes = Limit(random) }),
                    ],
                },
            ],
        };
        var response = Frames.Read<FetchResponse>(answer(Frames.Write(ApiKey.Fetch, version, 12, request)), version, 12);
        return response.Responses![0].Partitions!.Count(Take) > 0;
    }

    private bool Take(PartitionData data)
    {
        var p = data.PartitionIndex;
        Assert.Equal(ErrorCode.None, data.ErrorCode);
        var aborted = new PriorityQueue<long, long>((data.AbortedTransactions ?? []).Select(a => (a.ProducerId, a.FirstOffset)));
        var aborting = new HashSet<long>();
        var from = Positions[p];
        var bytes = data.Records.Bytes!.Value;
        for (var at = 0; BatchHeader.TryRead(bytes.Span[at..], out var batch) && at + batch.Bytes <= bytes.Length; at += batch.Bytes)
        {
            Assert.True(batch.ChecksumHolds(bytes.Span.Slice(at, batch.Bytes)), $"a checksum does not hold at {batch.BaseOffset}");
            if (committed)
                Assert.True(batch.LastOffset < data.LastStableOffset, $"{batch.LastOffset} is fetched, and the last stable offset is {data.LastStableOffset}");
            while (aborted.TryPeek(out var pid, out var first) && first <= batch.LastOffset)
            {
                aborting.Add(pid);
                aborted.Dequeue();
            }
            var records = RecordReader.Read(batch, bytes.Span.Slice(at, batch.Bytes));
            Positions[p] = batch.LastOffset + 1;
            if (batch.IsControl)
            {
                if (!records[0].IsCommit) aborting.Remove(batch.ProducerId);
                continue;
            }
            if (committed && batch.IsTransactional && aborting.Contains(batch.ProducerId)) continue;
            Seen[p].AddRange(records.Where(r => r.Offset >= from).Select(r => (r.Offset, Encoding.UTF8.GetString(r.Value!))));
        }
        return Positions[p] > from;
    }

    // From the smallest response, with incomplete batches, to everything.
    private static int Limit(Random random) => random.Next(3) switch { 0 => 1, 1 => random.Next(1, 1_000), _ => 1 << 20 };
}
