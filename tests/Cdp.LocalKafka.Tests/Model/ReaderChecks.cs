using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>Compares what consumers of all kinds see with the model's result.</summary>
internal sealed class ReaderChecks(Func<byte[], byte[]> answer, ModelBroker model, int partitions)
{
    private readonly ModelConsumer[] _standing = [new(answer, partitions, committed: true), new(answer, partitions, committed: false)];

    /// <summary>Checks a consumer from somewhere in one partition, the two that have read from the beginning, the ends, and the group's offsets.</summary>
    public void Check(Random random)
    {
        var partition = random.Next(partitions);
        var committed = random.Next(2) == 0;
        CheckEnds(partition);
        CheckReader(partition, random.NextInt64(model.Partitions[partition].End + 1), committed, random);
        CheckGroup(partition, stable: random.Next(2) == 0);
        var standing = _standing[random.Next(2)];
        standing.Poll(random);
        CheckStanding(standing);
    }

    public void CheckAll()
    {
        var random = new Random(0);
        for (var partition = 0; partition < partitions; partition++)
        {
            CheckEnds(partition);
            foreach (var flag in (bool[])[true, false])
            {
                CheckReader(partition, 0, flag, random);
                CheckGroup(partition, flag);
            }
        }
        foreach (var consumer in _standing)
        {
            while (consumer.Poll(random))
            {
            }
            CheckStanding(consumer);
            for (var p = 0; p < partitions; p++)
                Same($"a consumer from the beginning of p{p}, in the end", model.Partitions[p].Visible(0, consumer.Committed), consumer.Seen[p]);
        }
    }

    private void CheckEnds(int partition)
    {
        var log = model.Partitions[partition];
        Equal($"the end of p{partition}", log.End, End(partition, committed: false));
        Equal($"the last stable offset of p{partition}", log.LastStable, End(partition, committed: true));
    }

    private void CheckReader(int partition, long from, bool committed, Random random)
    {
        var reader = new ModelConsumer(answer, partitions, committed);
        for (var p = 0; p < partitions; p++) reader.Positions[p] = p == partition ? from : -1;
        while (reader.Poll(random))
        {
        }
        var kind = committed ? "read_committed" : "read_uncommitted";
        Same($"a {kind} reader of p{partition} from {from}", model.Partitions[partition].Visible(from, committed), reader.Seen[partition]);
        Equal(
            $"where a {kind} reader of p{partition} ends", committed ? Math.Max(from, model.Partitions[partition].LastStable) : model.Partitions[partition].End,
            reader.Positions[partition]);
    }

    private void CheckStanding(ModelConsumer consumer)
    {
        for (var p = 0; p < partitions; p++)
        {
            var expected = model.Partitions[p].Visible(0, consumer.Committed).TakeWhile(record => record.Offset < consumer.Positions[p]);
            Same($"a consumer (committed: {consumer.Committed}) from the beginning of p{p} to {consumer.Positions[p]}", expected, consumer.Seen[p]);
        }
    }

    private void CheckGroup(int partition, bool stable)
    {
        var got = Frames.GroupOffset(answer, partition, stable);
        var expected = stable && model.Group.IsPending(partition)
            ? (ErrorCode.UnstableOffsetCommit, -1)
            : (ErrorCode.None, model.Group.Committed(partition));
        Equal($"the group's offset of p{partition} (stable: {stable})", expected, got);
    }

    private long End(int partition, bool committed)
    {
        var asked = new ListOffsetsRequest
        {
            IsolationLevel = (sbyte)(committed ? 1 : 0),
            Topics =
            [
                new ListOffsetsTopic
                {
                    Name = InProcessBroker.Topic,
                    Partitions = [new ListOffsetsPartition { PartitionIndex = partition, Timestamp = OffsetSpec.Latest }],
                },
            ],
        };
        return Frames.Read<ListOffsetsResponse>(answer(Frames.Write(ApiKey.ListOffsets, 5, 6, asked)), 5, 6).Topics![0].Partitions![0].Offset;
    }

    private static void Same(string what, IEnumerable<(long Offset, string Value)> expected, IEnumerable<(long Offset, string Value)> seen)
    {
        var (must, does) = (Text(expected), Text(seen));
        if (must != does) Assert.Fail($"{what} sees\n       {does}\n     and the model says\n       {must}");
    }

    private static string Text(IEnumerable<(long Offset, string Value)> records) => string.Join(' ', records.Select(r => $"{r.Offset}:{r.Value.TrimEnd('.')}"));

    private static void Equal<T>(string what, T expected, T got)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, got)) Assert.Fail($"{what} is {got}; the model says {expected}");
    }
}
