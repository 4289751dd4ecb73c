using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>The producers of a scenario: one plain, two idempotent, and two for each of two transactional ids; these two fence each other.</summary>
internal static class ModelProducers
{
    public const int Count = 7;

    public static ModelProducer[] Create(int partitions) =>
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

/// <summary>A request as it was sent.</summary>
internal sealed record Sent(Call Call, byte[] Frame);

/// <summary>A client's producer with the state that it believes to be current. A lost response or another producer may have made it wrong.</summary>
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

    /// <summary>The requests of a step; empty if the step makes no sense for this producer.</summary>
    public IEnumerable<Call> CallsFor(StepKind kind, Random random)
    {
        var some = Enumerable.Range(0, partitions).Where(_ => random.Next(2) == 0).DefaultIfEmpty(random.Next(partitions)).ToArray();
        if (kind == StepKind.CommitOffsetPlainly) return [new OffsetCall(Version(random, 2, 9), random.Next(partitions), random.Next(100))];
        if (kind == StepKind.Init && name != "plain") return [new InitCall(Version(random, 0, 5), id, 5_000 + random.Next(2) * 3_000, -1, -1)];
        if (kind is StepKind.Produce or StepKind.ProduceBlindly && id is null) return name != "plain" && _pid < 0 ? [] : [Produce(some, random)];
        if (id is null || _pid < 0) return [];
        return kind switch
        {
            StepKind.Bump => [new InitCall(Version(random, 3, 5), id, 5_000, _pid, _epoch)],
            StepKind.Add => [Add(some, random)],
            StepKind.Produce => _added.IsSupersetOf(some) ? [Produce(some, random)] : [Add(some, random), Produce(some, random)],
            StepKind.ProduceBlindly => [Produce(some, random)],
            StepKind.AddOffsets => [AddOffsets(random)],
            StepKind.CommitOffset => _offsetsAdded || random.Next(6) == 0 ? [CommitOffset(random)] : [AddOffsets(random), CommitOffset(random)],
            StepKind.Commit or StepKind.Abort => [new EndCall(Version(random, 0, 4), id, _pid, _epoch, kind == StepKind.Commit)],
            _ => [],
        };
    }

    /// <summary>Updates the state from a response.</summary>
    public void Apply(Call call, Reply reply)
    {
        if (call is ProduceCall { Pid: >= 0 } produce && (produce.Pid, produce.Epoch) == (_pid, _epoch))
        {
            foreach (var (batch, (error, _)) in produce.Batches.Zip(reply.Parts))
                _next[batch.Partition] = error == ErrorCode.None ? Math.Max(_next[batch.Partition], batch.Sequence + batch.Values.Length) : batch.Sequence;
        }
        if (reply.Error != ErrorCode.None) return;
        if (call is AddCall add) _added.UnionWith(add.Partitions);
        if (call is AddOffsetsCall) _offsetsAdded = true;
        if (call is InitCall)
        {
            (_pid, _epoch) = (reply.Parts[0].Value, (short)reply.Parts[1].Value);
            Array.Clear(_next);
        }
        if (call is InitCall or EndCall)
        {
            _added.Clear();
            _offsetsAdded = false;
        }
    }

    private ProduceCall Produce(int[] to, Random random)
    {
        var batches = to.Select(partition =>
        {
            var values = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{name}.{++_values}".PadRight(random.Next(8) == 0 ? 300 : 6, '.')).ToArray();
            var sequence = _pid < 0 ? -1 : _next[partition];
            if (_pid >= 0) _next[partition] += values.Length;
            return new ProducedBatch(partition, sequence, values);
        });
        return new ProduceCall(Version(random, 3, 11), id, _pid, _epoch, [.. batches]);
    }

    private AddCall Add(int[] some, Random random) => new(Version(random, 0, 3), id!, _pid, _epoch, some);

    private AddOffsetsCall AddOffsets(Random random) => new(Version(random, 0, 4), id!, _pid, _epoch);

    private TxnOffsetCall CommitOffset(Random random) =>
        new(Version(random, 0, 4), id!, _pid, _epoch, random.Next(partitions), random.Next(100));

    private static short Version(Random random, int min, int max) => (short)random.Next(min, max + 1);
}
