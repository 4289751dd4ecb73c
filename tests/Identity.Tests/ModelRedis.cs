using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;

namespace Cdp.Identity.Tests;

/// <summary>What the scripts of <see cref="IdentityStore"/> do, in memory.</summary>
internal sealed class ModelRedis
{
    public Dictionary<Identifier, (long Sequence, string Root)> Roots { get; } = new(IdentifierComparer.Instance);
    public Dictionary<string, NodeWrite> Nodes { get; } = [];

    /// <summary>-1 while Redis is empty.</summary>
    public long Applied { get; private set; } = -1;

    public long Position { get; private set; }

    /// <summary>One write a key, in an order of no meaning.</summary>
    public IEnumerable<Action> WritesOf(HotWrites writes) =>
    [
        .. writes.Roots.Select<KeyValuePair<Identifier, (long Sequence, string Root)>, Action>(write => () =>
        {
            if (!Roots.TryGetValue(write.Key, out var now) || now.Sequence < write.Value.Sequence) Roots[write.Key] = write.Value;
        }),
        .. writes.Nodes.Select<KeyValuePair<string, NodeWrite>, Action>(write => () =>
        {
            var now = Nodes.GetValueOrDefault(write.Key) ?? NodeWrite.Empty;
            foreach (var (identifier, said) in write.Value.Identifiers)
            {
                if (Math.Abs(now.Identifiers.GetValueOrDefault(identifier)) < Math.Abs(said)) now.Identifiers[identifier] = said;
            }
            now.Family.UnionWith(write.Value.Family);
            foreach (var (sequence, offset) in write.Value.Decisions) now.Decisions[sequence] = offset;
            Nodes[write.Key] = now with { First = Math.Min(now.First, write.Value.First), Last = Math.Max(now.Last, write.Value.Last) };
        }),
        .. writes.Ended.Select<KeyValuePair<string, long>, Action>(write => () =>
        {
            if (Nodes.TryGetValue(write.Key, out var now) && now.Last < write.Value) Nodes[write.Key] = NodeWrite.Empty with { Last = now.Last, Decisions = now.Decisions };
        }),
    ];

    public bool Advance(long from, long to)
    {
        if (Applied < from) return false;
        Applied = Math.Max(Applied, to);
        return true;
    }

    public void Publish(long position) => Position = Math.Max(Position, position);

    /// <summary>What a linker reads.</summary>
    public Graph Graph() => new(
        A.ProfileIds, Applied, Roots.ToDictionary(root => root.Key, root => root.Value.Root, IdentifierComparer.Instance),
        Nodes.Where(node => node.Value.First < long.MaxValue).ToDictionary(node => node.Key, node => NodeOf(node.Value)));

    public static Node NodeOf(NodeWrite node) => new(node.First, new(node.Identifiers.Where(own => own.Value > 0).Select(own => own.Key), IdentifierComparer.Instance), [.. node.Family]);

    /// <summary>Takes decisions over from the log.</summary>
    public void CatchUp(IReadOnlyList<IdentityDecision> log)
    {
        Applied = Math.Max(Applied, 0);
        IdentityDecision[] missing = [.. log.Skip((int)Applied)];
        foreach (var write in WritesOf(HotWrites.Of(Placed(missing)))) write();
        Advance(Applied, log.Count);
    }

    /// <summary>The decisions where a log that holds nothing else has them.</summary>
    public static IEnumerable<Decided> Placed(IEnumerable<IdentityDecision> decisions) => decisions.Select(decision => new Decided(decision, decision.sequence - 1));

    public void Lose()
    {
        Roots.Clear();
        Nodes.Clear();
        (Applied, Position) = (-1, 0);
    }
}
