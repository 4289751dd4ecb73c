using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using StackExchange.Redis;

namespace Cdp.Identity;

/// <summary>How far the decision log is in Redis.</summary>
/// <param name="Sequence">The last decision applied; 0 for none.</param>
/// <param name="Offset">The next offset of identity.decisions to apply.</param>
public readonly record struct Applied(long Sequence, long Offset);

/// <summary>
/// The identity graph in Redis. Every write is a script over one key in which the later decision wins, so it may be repeated, come from a linker
/// that was replaced, and run on Redis Cluster.
/// </summary>
public sealed class IdentityStore(IConnectionMultiplexer redis, string prefix)
{
    // GET "SEQUENCE ROOT"
    private const string SetRoot = """
        local now = redis.call('GET', KEYS[1])
        if now and tonumber(string.match(now, '^%d+')) >= tonumber(ARGV[1]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
        return 1
        """;

    // HASH first SEQUENCE last SEQUENCE TYPE:VALUE '' ...; least, greatest, union: the same in whatever order writes arrive, so that a rebuild may
    // meet what a write in flight left in an emptied Redis.
    private const string GrowNode = """
        local first, last = redis.call('HGET', KEYS[1], 'first'), redis.call('HGET', KEYS[1], 'last')
        if not first or tonumber(first) > tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'first', ARGV[1]) end
        if not last or tonumber(last) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'last', ARGV[2]) end
        for i = 3, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '') end
        return 1
        """;

    private const string EndNode = """
        local last = redis.call('HGET', KEYS[1], 'last')
        if last and tonumber(last) < tonumber(ARGV[1]) then return redis.call('DEL', KEYS[1]) end
        return 0
        """;

    // GET "SEQUENCE OFFSET". Answers 0 where Redis has less than the writer built upon: it lost its state meanwhile.
    private const string Advance = """
        local now = redis.call('GET', KEYS[1])
        if not now then return 0 end
        local sequence = tonumber(string.match(now, '^%d+'))
        if sequence < tonumber(ARGV[1]) then return 0 end
        if sequence < tonumber(ARGV[2]) then redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3]) end
        return 1
        """;

    private const string Raise = """
        local now = redis.call('GET', KEYS[1])
        if now and tonumber(now) >= tonumber(ARGV[1]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1])
        return 1
        """;

    private readonly HotState _hot = new(prefix);

    private IDatabase Database => redis.GetDatabase();

    private RedisKey AppliedKey => $"{prefix}linker:decisions";

    /// <summary>The next request that the linker has not applied. Read it before the roots.</summary>
    public async Task<long> LinkerPositionAsync() => (long?)await Database.StringGetAsync(_hot.LinkerPosition) ?? 0;

    /// <summary>Published last: whoever reads it may rely on the roots being there.</summary>
    public Task PublishLinkerPositionAsync(long position) => Database.ScriptEvaluateAsync(Raise, [_hot.LinkerPosition], [position]);

    /// <summary>The roots of those that a decision has named.</summary>
    public async Task<Dictionary<Identifier, string>> RootsAsync(IEnumerable<Identifier> identifiers)
    {
        var database = Database;
        Identifier[][] groups = [.. identifiers.Distinct(IdentifierComparer.Instance).GroupBy(HotState.RootGroup).Select(group => group.ToArray())];
        var answers = await Task.WhenAll(groups.Select(group => database.StringGetAsync([.. group.Select(identifier => (RedisKey)_hot.Root(identifier))])));
        var roots = new Dictionary<Identifier, string>(IdentifierComparer.Instance);
        foreach (var (group, values) in groups.Zip(answers))
        {
            foreach (var (identifier, value) in group.Zip(values))
            {
                if ((string?)value is { } text) roots[identifier] = text[(text.IndexOf(' ') + 1)..];
            }
        }
        return roots;
    }

    public async Task<Dictionary<string, Node>> NodesAsync(IEnumerable<string> roots)
    {
        var database = Database;
        var asked = roots.Distinct().ToList();
        var hashes = await Task.WhenAll(asked.Select(root => database.HashGetAllAsync(NodeKey(root))));
        return asked.Zip(hashes).Where(node => node.Second.Length > 0).ToDictionary(node => node.First, node => ToNode(node.Second));
    }

    /// <summary>Null: Redis is empty.</summary>
    public async Task<Applied?> AppliedAsync()
    {
        if ((string?)await Database.StringGetAsync(AppliedKey) is not { } text) return null;
        var space = text.IndexOf(' ');
        return new Applied(long.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture), long.Parse(text.AsSpan(space + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>Marks an empty Redis as one to be filled, so that it is noticed if it is emptied between two writes.</summary>
    public async Task<Applied> BeginAsync()
    {
        await Database.StringSetAsync(AppliedKey, "0 0", when: When.NotExists);
        return await AppliedAsync() ?? throw new IOException("Redis lost its state while it was written to");
    }

    /// <summary>Brings Redis from one state of the decision log to a later one: roots and nodes first, then how far it is.</summary>
    /// <returns>False where Redis was not as far as <paramref name="from"/>, so that it is not complete now either.</returns>
    public async Task<bool> ApplyAsync(HotWrites writes, Applied from, Applied to)
    {
        var database = Database;
        await Task.WhenAll(
        [
            .. writes.Roots.Select(root => database.ScriptEvaluateAsync(SetRoot, [_hot.Root(root.Key)], [root.Value.Sequence, root.Value.Root])),
            .. writes.Nodes.Select(node => database.ScriptEvaluateAsync(GrowNode, [NodeKey(node.Key)], [node.Value.First, node.Value.Last, .. node.Value.Identifiers.Select(Field)])),
            .. writes.Ended.Select(node => database.ScriptEvaluateAsync(EndNode, [NodeKey(node.Key)], [node.Value])),
        ]);
        return (bool)await database.ScriptEvaluateAsync(Advance, [AppliedKey], [from.Sequence, to.Sequence, to.Offset]);
    }

    private RedisKey NodeKey(string root) => $"{prefix}linker:node:{root}";

    // A type has no colon, so the first one ends it; and the hash's own fields have none.
    private static RedisValue Field(Identifier identifier) => $"{identifier.type}:{identifier.value}";

    private static Node ToNode(HashEntry[] fields)
    {
        var (first, identifiers) = (0L, new HashSet<Identifier>(IdentifierComparer.Instance));
        foreach (var field in fields)
        {
            var name = (string)field.Name!;
            if (name == "first") first = (long)field.Value;
            if (name.IndexOf(':') is > 0 and var colon) identifiers.Add(new Identifier { type = name[..colon], value = name[(colon + 1)..] });
        }
        return new Node(first, identifiers);
    }
}
