using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Roots;
using Cdp.Identity.Graph;
using StackExchange.Redis;

namespace Cdp.Identity.Storing;

/// <summary>
/// The identity graph in Redis. Every write is a script over keys of one hash tag, in which the later decision wins. Writes may therefore be repeated or come
/// from a linker that was replaced, and they work on Redis Cluster.
/// </summary>
public sealed class IdentityStore(IConnectionMultiplexer redis, string prefix)
{
    private const int Groups = TagPositions.NodeTags;
    private static readonly TimeSpan RefusalRetention = TimeSpan.FromDays(7);

    private static readonly string ApplyDecisions = RedisScript.Load(typeof(IdentityStore), "apply_decisions.lua");
    private static readonly string PublishPosition = RedisScript.Load(typeof(IdentityStore), "publish_position.lua");
    private static readonly string RaiseCount = RedisScript.Load(typeof(IdentityStore), "raise_count.lua");

    private readonly HotStateKeys _hot = new(prefix);
    private readonly RootReader _roots = new(redis, new HotStateKeys(prefix));
    private readonly TagPositions _tags = new(redis, new HotStateKeys(prefix));

    private IDatabase Database => redis.GetDatabase();

    private RedisKey AppliedKey => _hot.LinkerApplied;

    // On a cluster it has the hash tag of the linker's progress, so that a failover reverts both together.
    private RedisKey LastSplitKey => IsCluster ? $"{prefix}{{linker}}:last-split" : $"{prefix}linker:last-split";

    private bool IsCluster => redis.GetServers().Any(server => server.ServerType == ServerType.Cluster);

    private string Remedy => RootReader.RemedyOf(_hot);

    /// <summary>The next offset of identity.requests that the linker has not applied.</summary>
    public async Task<long> LinkerPositionAsync()
    {
        var value = await Database.ReadStringAsync(_hot.LinkerPosition, RootReader.PositionRemedy);
        return RedisReads.ParseNumber(_hot.LinkerPosition, value, RootReader.PositionRemedy) ?? 0;
    }

    /// <summary>Publishes the linker's position. It is written last, so a reader of the position can rely on the roots.</summary>
    /// <param name="position">The next offset of identity.requests that is not applied.</param>
    /// <param name="applied">The decisions that the position relies on.</param>
    /// <returns>False if Redis has lost some of these decisions.</returns>
    public async Task<bool> PublishLinkerPositionAsync(long position, Applied applied)
    {
        try
        {
            return (bool)await Database.ScriptEvaluateAsync(PublishPosition, [_hot.LinkerPosition, AppliedKey], [position, applied.Sequence]);
        }
        catch (RedisServerException)
        {
            // The script does not say which key it could not read. One of these reads throws an exception that names it.
            await LinkerPositionAsync();
            await ReadAppliedAsync();
            throw;
        }
    }

    /// <summary>The roots of identifiers that decisions have named, read together with the linker's position.</summary>
    public Task<RootSnapshot> RootsAsync(IEnumerable<Identifier> identifiers) => _roots.ReadAsync(identifiers);

    /// <inheritdoc cref="RootReader.ReadForDecisionsAsync"/>
    public Task<RootSnapshot> RootsForDecisionsAsync(IReadOnlyCollection<Identifier> identifiers) => _roots.ReadForDecisionsAsync(identifiers);

    /// <summary>The nodes of those roots that have one.</summary>
    public async Task<Dictionary<string, Node>> NodesAsync(IEnumerable<string> roots)
    {
        var database = Database;
        var distinct = roots.Distinct().ToList();
        var sequence = IsCluster ? (await ReadAppliedAsync())?.Sequence ?? 0 : 0;
        var hashes = await Task.WhenAll(distinct.Select(root => database.ReadHashAsync(NodeKey(root), Remedy)));
        if (sequence > 0) await _tags.RequireAsync(distinct.Select(root => TagPositions.OfNode(NodeGroup(root))), sequence);
        return distinct.Zip(hashes)
            .Where(node => Array.Exists(node.Second, field => field.Name == "first"))
            .ToDictionary(node => node.First, node => GraphValues.Node(NodeKey(node.First), node.Second, Remedy));
    }

    /// <summary>
    /// The offsets in identity.decisions of all decisions about a profile, by sequence. They are kept when the profile is merged into another.
    /// </summary>
    public async Task<IReadOnlyDictionary<long, long>> DecisionOffsetsAsync(string root)
    {
        var key = DecisionsKey(root);
        var fields = await Database.ReadHashAsync(key, Remedy);
        return fields.ToDictionary(field => GraphValues.Number(key, field.Value, Remedy), field => GraphValues.Number(key, field.Name, Remedy));
    }

    /// <summary>The linker's refusals of combinations, by key, and the sequence of the last split. Call it after reading the roots.</summary>
    /// <param name="keys">The keys of the combinations.</param>
    /// <param name="sequence">
    /// The decisions that the roots reflect. Redis must still have them: if a failover reverted the last split, outdated refusals would still count.
    /// </param>
    /// <exception cref="RedisException">Redis has fewer decisions than the roots reflect.</exception>
    public async Task<(Dictionary<string, LinkRefusal> Refusals, long LastSplit)> RefusalsAsync(IEnumerable<string> keys, long sequence)
    {
        var database = Database;
        var groups = keys.Distinct().GroupBy(key => Partitioner.Partition(key, Groups)).Select(group => group.ToArray()).ToList();
        if (groups.Count == 0) return ([], 0);
        var reads = groups.Select(group => database.StringGetAsync([.. group.Select(RefusalKey)])).ToList();
        // Sent last: commands arrive in order, so the split read is at least as new as the refusals it may invalidate.
        var progressRead = database.StringGetAsync([LastSplitKey, AppliedKey]);
        var values = await Task.WhenAll(reads);
        var progress = await progressRead;
        RootReader.RequireSequence("Redis", _roots.Sequence(AppliedKey, progress[1]), sequence);
        var refusals = new Dictionary<string, LinkRefusal>();
        foreach (var (key, value) in groups.Zip(values).SelectMany(group => group.First.Zip(group.Second)))
        {
            if (LinkRefusal.Parse(value) is { } refusal) refusals[key] = refusal;
        }
        return (refusals, RedisReads.ParseNumber(LastSplitKey, progress[0], Remedy) ?? 0);
    }

    /// <summary>Saves refusals for a week. A lost refusal costs one more request to the linker.</summary>
    public Task SaveRefusalsAsync(IEnumerable<(string Key, LinkRefusal Refusal)> refusals)
    {
        var database = Database;
        return Task.WhenAll(refusals.Select(one => database.StringSetAsync(RefusalKey(one.Key), one.Refusal.ToString(), RefusalRetention)));
    }

    /// <summary>How often identifiers were kept apart from these profiles.</summary>
    public async Task<Dictionary<(string Root, string Kind), long>> RefusalCountsAsync(IEnumerable<string> roots)
    {
        var database = Database;
        var distinct = roots.Distinct().ToList();
        var hashes = await Task.WhenAll(distinct.Select(root => database.ReadHashAsync(RefusalCountsKey(root), Remedy)));
        var counts = new Dictionary<(string, string), long>();
        foreach (var (root, hash) in distinct.Zip(hashes))
        {
            foreach (var field in hash) counts[(root, field.Name!)] = GraphValues.Number(RefusalCountsKey(root), field.Value, Remedy);
        }
        return counts;
    }

    /// <summary>Saves counts. Saving never decreases a count.</summary>
    public async Task SaveRefusalCountsAsync(IReadOnlyCollection<RefusalCount> counts)
    {
        var database = Database;
        try
        {
            await Task.WhenAll(counts.Select(count => database.ScriptEvaluateAsync(RaiseCount, [RefusalCountsKey(count.Root)], [count.Kind, count.Times])));
        }
        catch (RedisServerException)
        {
            // Throws an exception that names the key that the script could not read.
            await RefusalCountsAsync(counts.Select(count => count.Root));
            throw;
        }
    }

    /// <summary>How far the decision log is applied to all of Redis: on a cluster, to the hash tag that is furthest behind. Null if Redis is empty.</summary>
    public async Task<Applied?> AppliedAsync()
    {
        if (await ReadAppliedAsync() is not { } applied) return null;
        return IsCluster ? await _tags.LowestAsync(applied) : applied;
    }

    /// <summary>Marks an empty Redis as being filled, so that another loss between two writes is detected.</summary>
    public async Task<Applied> InitialiseAsync()
    {
        if (IsCluster) await _tags.InitialiseAsync();
        await Database.StringSetAsync(AppliedKey, Applied.Start, when: When.NotExists);
        return await AppliedAsync() ?? throw new IOException("Redis lost its state while it was being written");
    }

    /// <summary>
    /// Brings Redis from one position in the decision log to a later one: first roots and nodes, then the position. On a single server it is one script, so
    /// that a server that falls back to its last snapshot never has only a part of it.
    /// </summary>
    /// <returns>False if Redis had not reached <paramref name="from"/>, and is therefore still incomplete.</returns>
    public async Task<bool> ApplyAsync(GraphWrites writes, Applied from, Applied to)
    {
        var database = Database;
        // Offsets never change, so they may be written before the rest.
        await Task.WhenAll(writes.Nodes.Select(node => WriteOffsetsAsync(database, DecisionsKey(node.Key), node.Value)));
        await SaveRefusalCountsAsync(writes.RefusalCounts);
        if (!IsCluster) return await WriteAsync(database, [.. KeyWrites(writes), Advance(AppliedKey)]);
        // On a cluster the keys of one script must share a hash tag. Every tag's position advances, even if nothing under the tag changes: a tag that lost
        // writes is then behind the others.
        var byTag = KeyWrites(writes).ToLookup(write => write.Tag);
        var advanced = await Task.WhenAll(TagPositions.All.Select(tag => WriteAsync(database, [.. byTag[tag], Advance(_tags.Key(tag))])));
        return !advanced.Contains(false) && await WriteAsync(database, [.. byTag[TagPositions.Linker], Advance(AppliedKey)]);

        KeyWrite Advance(RedisKey key) => new(KeyKind.Applied, key, "", [from.Sequence, to.Sequence, to.Offset]);
    }

    // In the order in which apply_decisions.lua expects them.
    private enum KeyKind { Root, Node, Ended, LastSplit, Applied }

    /// <param name="Kind">The role of the key in apply_decisions.lua.</param>
    /// <param name="Key">The key.</param>
    /// <param name="Tag">The key's hash tag.</param>
    /// <param name="Arguments">The script's arguments for the key.</param>
    private sealed record KeyWrite(KeyKind Kind, RedisKey Key, string Tag, RedisValue[] Arguments);

    private async Task<bool> WriteAsync(IDatabase database, IReadOnlyCollection<KeyWrite> writes)
    {
        KeyWrite[] ordered = [.. writes.OrderBy(write => write.Kind)];
        RedisKey[] keys = [.. ordered.Select(write => write.Key)];
        var counts = Enum.GetValues<KeyKind>().Select(kind => (RedisValue)ordered.Count(write => write.Kind == kind));
        try
        {
            return (bool)await database.ScriptEvaluateAsync(ApplyDecisions, keys, [.. counts, .. ordered.SelectMany(write => write.Arguments)]);
        }
        catch (RedisServerException)
        {
            await Task.WhenAll(ordered.Select(write => CheckAsync(database, write)));
            throw;
        }
    }

    private Task<bool> WriteOffsetsAsync(IDatabase database, RedisKey key, NodeWrite node) => database.RunCheckedAsync(async hash =>
    {
        await hash.HashSetAsync(key, [.. node.Offsets.Select(offset => new HashEntry(offset.Value, offset.Key))]);
        return true;
    }, Remedy, [(key, RedisType.Hash)]);

    /// <summary>Checks whether the key is the one that a script could not read, because the script's error does not say which it was.</summary>
    /// <exception cref="UnreadableValueException">The script could not read this key.</exception>
    private async Task CheckAsync(IDatabase database, KeyWrite write)
    {
        if (write.Kind is KeyKind.Node or KeyKind.Ended) GraphValues.Node(write.Key, await database.ReadHashAsync(write.Key, Remedy), Remedy);
        else if (write.Kind is KeyKind.LastSplit) RedisReads.ParseNumber(write.Key, await database.ReadStringAsync(write.Key, Remedy), Remedy);
        else _roots.Sequence(write.Key, await database.ReadStringAsync(write.Key, Remedy));
    }

    private IEnumerable<KeyWrite> KeyWrites(GraphWrites writes)
    {
        foreach (var (identifier, (sequence, root)) in writes.Roots)
        {
            yield return new KeyWrite(KeyKind.Root, _hot.Root(identifier), TagPositions.OfRoot(identifier), [sequence, root]);
        }
        foreach (var (root, node) in writes.Nodes.Where(node => node.Value.First > 0))
        {
            yield return new KeyWrite(KeyKind.Node, NodeKey(root), TagPositions.OfNode(NodeGroup(root)), NodeArguments(node));
        }
        foreach (var (root, sequence) in writes.Ended)
        {
            yield return new KeyWrite(KeyKind.Ended, NodeKey(root), TagPositions.OfNode(NodeGroup(root)), [sequence]);
        }
        if (writes.LastSplit > 0) yield return new KeyWrite(KeyKind.LastSplit, LastSplitKey, TagPositions.Linker, [writes.LastSplit]);
    }

    private async Task<Applied?> ReadAppliedAsync() => GraphValues.Applied(AppliedKey, await Database.ReadStringAsync(AppliedKey, Remedy), Remedy);

    private static int NodeGroup(string root) => Partitioner.Partition(root, Groups);

    private RedisKey NodeKey(string root) => $"{prefix}linker:node:{{n{NodeGroup(root)}}}:{root}";

    // Not in the node's hash: the linker reads nodes all the time, and the number of decisions about a profile is not bounded.
    private RedisKey DecisionsKey(string root) => $"{prefix}linker:decisions:{{n{NodeGroup(root)}}}:{root}";

    private RedisKey RefusalCountsKey(string root) => $"{prefix}linker:repeated:{{n{NodeGroup(root)}}}:{root}";

    private RedisKey RefusalKey(string key) => $"{prefix}linker:refusal:{{n{Partitioner.Partition(key, Groups)}}}:{key}";

    private static RedisValue[] NodeArguments(NodeWrite node) =>
    [
        node.First, node.Last, node.Merges, node.Identifiers.Count + node.Family.Count,
        // The first colon ends the type, because a type contains none. The hash's own fields contain no colon either.
        .. node.Identifiers.SelectMany(one => (RedisValue[])[$"{one.Key.type}:{one.Key.value}", one.Value]),
        .. node.Family.SelectMany(root => (RedisValue[])[$"{GraphValues.FamilyPrefix}{root}", node.Last]),
    ];
}
