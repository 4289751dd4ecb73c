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
            var now = Nodes.GetValueOrDefault(write.Key) ?? write.Value with { Identifiers = new(IdentifierComparer.Instance) };
            now.Identifiers.UnionWith(write.Value.Identifiers);
            Nodes[write.Key] = new NodeWrite(Math.Min(now.First, write.Value.First), Math.Max(now.Last, write.Value.Last), now.Identifiers);
        }),
        .. writes.Ended.Select<KeyValuePair<string, long>, Action>(write => () =>
        {
            if (Nodes.TryGetValue(write.Key, out var now) && now.Last < write.Value) Nodes.Remove(write.Key);
        }),
    ];

    public bool Advance(long from, long to)
    {
        if (Applied < from) return false;
        Applied = Math.Max(Applied, to);
        return true;
    }

    public void Publish(long position) => Position = Math.Max(Position, position);

    /// <summary>Takes decisions over from the log.</summary>
    public void CatchUp(IReadOnlyList<IdentityDecision> log)
    {
        Applied = Math.Max(Applied, 0);
        IdentityDecision[] missing = [.. log.Skip((int)Applied)];
        foreach (var write in WritesOf(HotWrites.Of(missing))) write();
        Advance(Applied, log.Count);
    }

    public void Lose()
    {
        Roots.Clear();
        Nodes.Clear();
        (Applied, Position) = (-1, 0);
    }
}
