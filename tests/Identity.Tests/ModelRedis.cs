using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;

namespace Cdp.Identity.Tests;

/// <summary>A node's hash.</summary>
internal sealed record ModelNode(long First, long Last, int Merges, long Ended, IReadOnlyDictionary<string, long> Fields)
{
    public static readonly ModelNode Empty = new(0, 0, 0, 0, new Dictionary<string, long>());

    /// <summary>As the linker reads it.</summary>
    public Node Node => new(First, Merges, new(Identifiers, IdentifierComparer.Instance), [.. Fields.Keys.Where(one => one[0] == '~').Select(one => one[1..])]);

    /// <summary>Where the decisions about it stand, by sequence.</summary>
    public IReadOnlyDictionary<long, long> Decisions => Fields.Where(one => one.Key[0] == '@').ToDictionary(one => one.Value, one => long.Parse(one.Key[1..], null));

    public HashSet<Identifier> Identifiers =>
        [.. Fields.Where(one => one.Key.IndexOf(':') > 0 && one.Value > 0).Select(one => one.Key.Split(':', 2)).Select(name => new Identifier { type = name[0], value = name[1] })];
}

/// <summary>What the scripts of <see cref="IdentityStore"/> do, in memory. What it holds is never changed, only replaced, so that a snapshot is cheap.</summary>
internal sealed class ModelRedis
{
    private State _now = new();
    private State _snapshot = new();

    public IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots => _now.Roots;
    public IReadOnlyDictionary<string, ModelNode> Nodes => _now.Nodes;
    public IReadOnlyDictionary<string, Refusal> Refusals => _now.Refusals;

    /// <summary>-1 while Redis is empty.</summary>
    public long Applied => _now.Applied;

    public long Position => _now.Position;

    /// <summary>0: there was none.</summary>
    public long LastSplit => _now.LastSplit;

    /// <summary>One write a key, in an order of no meaning.</summary>
    public IEnumerable<Action> WritesOf(HotWrites writes) =>
    [
        .. writes.Roots.Select<KeyValuePair<Identifier, (long Sequence, string Root)>, Action>(write => () =>
        {
            if (!Roots.TryGetValue(write.Key, out var now) || now.Sequence < write.Value.Sequence) _now.Roots[write.Key] = write.Value;
        }),
        .. writes.Nodes.Select<KeyValuePair<string, NodeWrite>, Action>(write => () => _now.Nodes[write.Key] = Grown(Nodes.GetValueOrDefault(write.Key) ?? ModelNode.Empty, write.Value)),
        .. writes.Ended.Select<KeyValuePair<string, long>, Action>(write => () =>
        {
            var now = Nodes.GetValueOrDefault(write.Key) ?? ModelNode.Empty;
            if (now.Ended < write.Value) _now.Nodes[write.Key] = ModelNode.Empty with { Ended = write.Value, Fields = now.Fields.Where(field => field.Key[0] == '@').ToDictionary() };
        }),
        () => _now.LastSplit = Math.Max(LastSplit, writes.LastSplit),
    ];

    /// <summary>What a linker reads.</summary>
    public Graph Graph(long sequence) => new(
        A.ProfileIds, sequence, LastSplit, Roots.ToDictionary(root => root.Key, root => root.Value.Root, IdentifierComparer.Instance),
        Nodes.Where(node => node.Value.First > 0).ToDictionary(node => node.Key, node => node.Value.Node), Refusals);

    public void Remember(string key, Refusal refusal) => _now.Refusals[key] = refusal;

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

    /// <summary>Takes decisions over from the log.</summary>
    public void CatchUp(IReadOnlyList<IdentityDecision> log)
    {
        _now.Applied = Math.Max(Applied, 0);
        foreach (var write in WritesOf(HotWrites.Of(Logged(log).Skip((int)Applied)))) write();
        Advance(Applied, log.Count);
    }

    /// <summary>Decisions at the offsets that the model's log gives them.</summary>
    public static IEnumerable<LoggedDecision> Logged(IEnumerable<IdentityDecision> decisions) => decisions.Select(decision => new LoggedDecision(decision.sequence * 2, decision));

    public void Lose() => _now = new();

    public void Snapshot() => _snapshot = _now.Copy();

    /// <summary>As after a restart from what was last saved, or after a failover to a replica that lagged behind.</summary>
    public void FallBack() => _now = _snapshot.Copy();

    private static ModelNode Grown(ModelNode now, NodeWrite write)
    {
        var fields = new Dictionary<string, long>(now.Fields);
        var alive = now.Ended < write.Last || write.Last == 0;
        foreach (var (sequence, offset) in write.Offsets) Say($"@{offset}", sequence);
        if (!alive) return now with { Fields = fields };
        foreach (var (identifier, sequence) in write.Identifiers) Say(A.Name(identifier), sequence);
        foreach (var kin in write.Family) Say($"~{kin}", write.Last);
        if (write.First == 0) return now with { Fields = fields };
        return now with { First = now.First == 0 ? write.First : Math.Min(now.First, write.First), Last = Math.Max(now.Last, write.Last), Merges = Math.Max(now.Merges, write.Merges), Fields = fields };

        void Say(string field, long sequence)
        {
            if (!fields.TryGetValue(field, out var before) || Math.Abs(before) < Math.Abs(sequence)) fields[field] = sequence;
        }
    }

    private sealed class State
    {
        public Dictionary<Identifier, (long Sequence, string Root)> Roots { get; private init; } = new(IdentifierComparer.Instance);
        public Dictionary<string, ModelNode> Nodes { get; private init; } = [];
        public Dictionary<string, Refusal> Refusals { get; private init; } = [];
        public long Applied { get; set; } = -1;
        public long Position { get; set; }
        public long LastSplit { get; set; }

        public State Copy() => new() { Roots = new(Roots, IdentifierComparer.Instance), Nodes = new(Nodes), Refusals = new(Refusals), Applied = Applied, Position = Position, LastSplit = LastSplit };
    }
}
