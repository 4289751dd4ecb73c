using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>The producers of a story: one plain, two idempotent, and two for each of two transactional ids, which fence one another.</summary>
internal static class Cast
{
    public const int Size = 7;

    public static ModelProducer[] Producers(int partitions) =>
    [
        new("plain", null, partitions),
        new("i1", null, partitions),
        new("i2", null, partitions),
        new("a1", "a", partitions),
        new("b1", "b", partitions),
        new("a2", "a", partitions),
        new("b2", "b", partitions),
    ];
}

/// <summary>A request as it went out.</summary>
internal sealed record Sent(Ask Ask, byte[] Frame);

/// <summary>A client's producer: what it believes to be so, which a lost answer or a rival may have made wrong.</summary>
internal sealed class ModelProducer(string name, string? id, int partitions)
{
    private readonly int[] _next = new int[partitions];
    private readonly HashSet<int> _added = [];
    private bool _offsetsAdded;
    private long _pid = -1;
    private short _epoch = -1;
    private int _values;

    public string Name => name;
    public List<Sent> Sent { get; } = [];

    /// <summary>The requests that a step comes to; none when it makes no sense for this producer.</summary>
    public IEnumerable<Ask> Asks(Act act, Random random)
    {
        var some = Enumerable.Range(0, partitions).Where(_ => random.Next(2) == 0).DefaultIfEmpty(random.Next(partitions)).ToArray();
        if (act == Act.CommitOffsetPlainly) return [new OffsetAsk(Version(random, 2, 9), random.Next(partitions), random.Next(100))];
        if (act == Act.Init && name != "plain") return [new InitAsk(Version(random, 0, 5), id, 5_000 + random.Next(2) * 3_000, -1, -1)];
        if (act is Act.Produce or Act.ProduceBlindly && id is null) return name != "plain" && _pid < 0 ? [] : [Produce(some, random)];
        if (id is null || _pid < 0) return [];
        return act switch
        {
            Act.Bump => [new InitAsk(Version(random, 3, 5), id, 5_000, _pid, _epoch)],
            Act.Add => [Add(some, random)],
            Act.Produce => _added.IsSupersetOf(some) ? [Produce(some, random)] : [Add(some, random), Produce(some, random)],
            Act.ProduceBlindly => [Produce(some, random)],
            Act.AddOffsets => [AddOffsets(random)],
            Act.CommitOffset => _offsetsAdded || random.Next(6) == 0 ? [CommitOffset(random)] : [AddOffsets(random), CommitOffset(random)],
            Act.Commit or Act.Abort => [new EndAsk(Version(random, 0, 4), id, _pid, _epoch, act == Act.Commit)],
            _ => [],
        };
    }

    /// <summary>Takes in an answer.</summary>
    public void Learn(Ask ask, Reply reply)
    {
        if (ask is ProduceAsk { Pid: >= 0 } produce && (produce.Pid, produce.Epoch) == (_pid, _epoch))
        {
            foreach (var (batch, (error, _)) in produce.Batches.Zip(reply.Parts))
                _next[batch.Partition] = error == ErrorCode.None ? Math.Max(_next[batch.Partition], batch.Sequence + batch.Values.Length) : batch.Sequence;
        }
        if (reply.Error != ErrorCode.None) return;
        if (ask is AddAsk add) _added.UnionWith(add.Partitions);
        if (ask is AddOffsetsAsk) _offsetsAdded = true;
        if (ask is InitAsk)
        {
            (_pid, _epoch) = (reply.Parts[0].Value, (short)reply.Parts[1].Value);
            Array.Clear(_next);
        }
        if (ask is InitAsk or EndAsk)
        {
            _added.Clear();
            _offsetsAdded = false;
        }
    }

    private ProduceAsk Produce(int[] to, Random random)
    {
        var batches = to.Select(partition =>
        {
            var values = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{name}.{++_values}".PadRight(random.Next(8) == 0 ? 300 : 6, '.')).ToArray();
            var sequence = _pid < 0 ? -1 : _next[partition];
            if (_pid >= 0) _next[partition] += values.Length;
            return new ProducedBatch(partition, sequence, values);
        });
        return new ProduceAsk(Version(random, 3, 11), id, _pid, _epoch, [.. batches]);
    }

    private AddAsk Add(int[] some, Random random) => new(Version(random, 0, 3), id!, _pid, _epoch, some);

    private AddOffsetsAsk AddOffsets(Random random) => new(Version(random, 0, 4), id!, _pid, _epoch);

    private TxnOffsetAsk CommitOffset(Random random) =>
        new(Version(random, 0, 4), id!, _pid, _epoch, random.Next(partitions), random.Next(100));

    private static short Version(Random random, int min, int max) => (short)random.Next(min, max + 1);
}
