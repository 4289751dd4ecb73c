using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Storing;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>A node's hash.</summary>
internal sealed record ModelNode(long First, long Last, int Merges, long Ended, IReadOnlyDictionary<string, long> Fields)
{
    public static readonly ModelNode Empty = new(0, 0, 0, 0, new Dictionary<string, long>());

    /// <summary>The node that the linker reads.</summary>
    public Node Node =>
        new(First, Merges, new(Identifiers, IdentifierComparer.Instance), [.. Fields.Keys.Where(name => name[0] == '~').Select(name => name[1..])]);

    /// <summary>The offsets of the decisions about it, by sequence.</summary>
    public IReadOnlyDictionary<long, long> Decisions =>
        Fields.Where(one => one.Key[0] == '@').ToDictionary(one => one.Value, one => long.Parse(one.Key[1..], null));

    public IEnumerable<Identifier> Identifiers => Fields
        .Where(one => one.Key.IndexOf(':') > 0 && one.Value > 0)
        .Select(one => one.Key.Split(':', 2))
        .Select(name => new Identifier { type = name[0], value = name[1] });
}

/// <summary>The scripts of <see cref="IdentityStore"/> on a Redis in memory. Values are replaced, never changed, so that a snapshot is cheap.</summary>
internal sealed class ModelRedis
{
    /// <summary>The shards of a cluster. The first one also has the linker's progress. All keys of a shard fall back together.</summary>
    public const int Shards = 3;

    private State _now = new();
    private State _snapshot = new();

    public IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots => _now.Roots;
    public IReadOnlyDictionary<string, ModelNode> Nodes => _now.Nodes;
    public IReadOnlyDictionary<string, LinkRefusal> Refusals => _now.Refusals;

    /// <summary>-1 while Redis is empty.</summary>
    public long Applied => _now.Applied;

    public long Position => _now.Position;

    /// <summary>The sequence of the last split; 0 for none.</summary>
    public long LastSplit => _now.LastSplit;

    /// <summary>How far the decisions are applied to the shard that is furthest behind.</summary>
    public long Lowest => Math.Min(Applied, _now.Reached.Min());

    public static int ShardOf(Identifier identifier) => ShardOf(identifier.value);

    private static int ShardOf(string key) => Partitioner.Partition(key, Shards);

    /// <summary>The writes of one shard.</summary>
    public static GraphWrites Of(GraphWrites writes, int shard) => new(
        writes.Roots.Where(root => ShardOf(root.Key) == shard).ToDictionary(root => root.Key, root => root.Value, IdentifierComparer.Instance),
        writes.Nodes.Where(node => ShardOf(node.Key) == shard).ToDictionary(),
        writes.Ended.Where(node => ShardOf(node.Key) == shard).ToDictionary());

    /// <summary>The position of a shard, which is written and read together with its roots.</summary>
    public long Reached(int shard) => _now.Reached[shard];

    public bool Advance(int shard, long from, long to)
    {
        if (Reached(shard) < from) return false;
        _now.Reached[shard] = Math.Max(Reached(shard), to);
        return true;
    }

    /// <summary>One write for each key. Their order does not matter.</summary>
    public IEnumerable<Action> WritesOf(GraphWrites writes)
    {
        foreach (var (identifier, write) in writes.Roots) yield return () => WriteRoot(identifier, write);
        foreach (var (root, write) in writes.Nodes) yield return () => _now.Nodes[root] = Updated(Nodes.GetValueOrDefault(root) ?? ModelNode.Empty, write);
        foreach (var (root, sequence) in writes.Ended) yield return () => End(root, sequence);
        yield return () => _now.LastSplit = Math.Max(LastSplit, writes.LastSplit);
    }

    /// <summary>The graph that the linker reads.</summary>
    public IdentityGraph Graph(long sequence) => new(
        Given.ProfileIds,
        sequence,
        LastSplit,
        Roots.ToDictionary(root => root.Key, root => root.Value.Root, IdentifierComparer.Instance),
        Nodes.Where(node => node.Value.First > 0).ToDictionary(node => node.Key, node => node.Value.Node),
        Refusals);

    public void AddRefusal(string key, LinkRefusal refusal) => _now.Refusals[key] = refusal;

    public bool Advance(long from, long to)
    {
        if (Applied < from) return false;
        _now.Applied = Math.Max(Applied, to);
        return true;
    }

    public bool Publish(long position, long applied)
    {
        if (Applied < applied) return false;
        _now.Position = Math.Max(Position, position);
        return true;
    }

    /// <summary>Applies the decisions of the log that are missing.</summary>
    public void CatchUp(IReadOnlyList<IdentityDecision> log)
    {
        _now.Applied = Math.Max(Applied, 0);
        foreach (var write in WritesOf(GraphWrites.Of(Logged(log).Skip((int)Math.Max(Lowest, 0))))) write();
        for (var shard = 0; shard < Shards; shard++) Advance(shard, -1, log.Count);
        Advance(Applied, log.Count);
    }

    /// <summary>The decisions with their offsets in the model's log.</summary>
    public static IEnumerable<LoggedDecision> Logged(IEnumerable<IdentityDecision> decisions) =>
        decisions.Select(decision => new LoggedDecision(decision.sequence * 2, decision));

    public void Lose() => _now = new();

    public void Snapshot() => _snapshot = _now.Copy();

    /// <summary>A restart from the last snapshot, or a failover to a replica that lagged behind.</summary>
    public void FallBack() => _now = _snapshot.Copy();

    /// <summary>A failover of one shard.</summary>
    public void FallBack(int shard)
    {
        Restore(_now.Roots, _snapshot.Roots, ShardOf);
        Restore(_now.Nodes, _snapshot.Nodes, ShardOf);
        Restore(_now.Refusals, _snapshot.Refusals, ShardOf);
        _now.Reached[shard] = _snapshot.Reached[shard];
        if (shard == 0) (_now.Applied, _now.Position, _now.LastSplit) = (_snapshot.Applied, _snapshot.Position, _snapshot.LastSplit);

        void Restore<TKey, TValue>(Dictionary<TKey, TValue> now, Dictionary<TKey, TValue> snapshot, Func<TKey, int> shardOf) where TKey : notnull
        {
            foreach (var key in now.Keys.Where(key => shardOf(key) == shard).ToList()) now.Remove(key);
            foreach (var (key, value) in snapshot.Where(one => shardOf(one.Key) == shard)) now[key] = value;
        }
    }

    private void WriteRoot(Identifier identifier, (long Sequence, string Root) write)
    {
        if (!Roots.TryGetValue(identifier, out var now) || now.Sequence < write.Sequence) _now.Roots[identifier] = write;
    }

    private void End(string root, long sequence)
    {
        var now = Nodes.GetValueOrDefault(root) ?? ModelNode.Empty;
        var offsets = now.Fields.Where(field => field.Key[0] == '@').ToDictionary();
        if (now.Ended < sequence) _now.Nodes[root] = ModelNode.Empty with { Ended = sequence, Fields = offsets };
    }

    private static ModelNode Updated(ModelNode now, NodeWrite write)
    {
        var fields = new Dictionary<string, long>(now.Fields);
        var isActive = now.Ended < write.Last || write.Last == 0;
        foreach (var (sequence, offset) in write.Offsets) Set($"@{offset}", sequence);
        if (!isActive) return now with { Fields = fields };
        foreach (var (identifier, sequence) in write.Identifiers) Set(Given.Name(identifier), sequence);
        foreach (var profile in write.Family) Set($"~{profile}", write.Last);
        if (write.First == 0) return now with { Fields = fields };
        return now with
        {
            First = now.First == 0 ? write.First : Math.Min(now.First, write.First),
            Last = Math.Max(now.Last, write.Last),
            Merges = Math.Max(now.Merges, write.Merges),
            Fields = fields,
        };

        void Set(string field, long sequence)
        {
            if (!fields.TryGetValue(field, out var before) || Math.Abs(before) < Math.Abs(sequence)) fields[field] = sequence;
        }
    }

    private sealed class State
    {
        public Dictionary<Identifier, (long Sequence, string Root)> Roots { get; private init; } = new(IdentifierComparer.Instance);
        public Dictionary<string, ModelNode> Nodes { get; private init; } = [];
        public Dictionary<string, LinkRefusal> Refusals { get; private init; } = [];
        public long Applied { get; set; } = -1;
        public long Position { get; set; }
        public long LastSplit { get; set; }
        public long[] Reached { get; private init; } = [-1, -1, -1];

        public State Copy() => new()
        {
            Reached = [.. Reached],
            Roots = new(Roots, IdentifierComparer.Instance),
            Nodes = new(Nodes),
            Refusals = new(Refusals),
            Applied = Applied,
            Position = Position,
            LastSplit = LastSplit,
        };
    }
}
