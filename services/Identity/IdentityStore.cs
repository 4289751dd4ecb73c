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
/// The identity graph in Redis. Every write is a script over keys of one hash tag in which the later decision wins, so it may be repeated, come from a linker
/// that was replaced, and run on Redis Cluster.
/// </summary>
public sealed class IdentityStore(IConnectionMultiplexer redis, string prefix)
{
    // ARGV: how many roots, nodes, profiles that ended; how many of "applied" and "last split" (0 or 1); then what each of them needs, as KEYS has them.
    // Least, greatest, last word: the same in whatever order writes arrive, so that a rebuild may meet what a write in flight left in an emptied Redis.
    private const string Write = """
        local key, at = 0, 6

        -- As few calls as can be: on the embedded server they cost more than all else. No call takes more than 8,000 arguments.
        local function read(hash, fields)
          local values = {}
          for from = 1, #fields, 1000 do
            for _, value in ipairs(redis.call('HMGET', hash, unpack(fields, from, math.min(from + 999, #fields)))) do values[#values + 1] = value end
          end
          return values
        end

        -- Strings "SEQUENCE ROOT". Each: sequence, root.
        local roots = tonumber(ARGV[1])
        for from = 1, roots, 1000 do
          local now, set = redis.call('MGET', unpack(KEYS, from, math.min(from + 999, roots))), {}
          for i = 1, #now do
            key = key + 1
            if not now[i] or tonumber(string.match(now[i], '^%d+')) < tonumber(ARGV[at]) then
              set[#set + 1] = KEYS[key]
              set[#set + 1] = ARGV[at] .. ' ' .. ARGV[at + 1]
            end
            at = at + 2
          end
          if #set > 0 then redis.call('MSET', unpack(set)) end
        end

        -- Hashes: first, last, merges, ended; TYPE:VALUE, ~FAMILY, each with the sequence that said so last, below zero where an identifier left.
        -- Each: first, last, merges, how many fields, all of them as field, sequence.
        for i = 1, tonumber(ARGV[2]) do
          key = key + 1
          local count, fields, set = tonumber(ARGV[at + 3]), { 'first', 'last', 'merges', 'ended' }, {}
          for f = 1, count do fields[4 + f] = ARGV[at + 2 + 2 * f] end
          local now = read(KEYS[key], fields)
          local function put(field, value)
            set[#set + 1] = field
            set[#set + 1] = value
          end
          if not now[4] or tonumber(now[4]) < tonumber(ARGV[at + 1]) then
            if not now[1] or tonumber(now[1]) > tonumber(ARGV[at]) then put('first', ARGV[at]) end
            if not now[2] or tonumber(now[2]) < tonumber(ARGV[at + 1]) then put('last', ARGV[at + 1]) end
            if not now[3] or tonumber(now[3]) < tonumber(ARGV[at + 2]) then put('merges', ARGV[at + 2]) end
            for f = 1, count do
              local before, sequence = now[4 + f], ARGV[at + 3 + 2 * f]
              if not before or math.abs(tonumber(before)) < math.abs(tonumber(sequence)) then put(fields[4 + f], sequence) end
            end
          end
          for from = 1, #set, 1000 do redis.call('HSET', KEYS[key], unpack(set, from, math.min(from + 999, #set))) end
          at = at + 4 + 2 * count
        end

        -- Of a profile that became part of another nothing is left but when that was. Each: sequence.
        for i = 1, tonumber(ARGV[3]) do
          key = key + 1
          local ended = redis.call('HGET', KEYS[key], 'ended')
          if not ended or tonumber(ended) < tonumber(ARGV[at]) then
            redis.call('DEL', KEYS[key])
            redis.call('HSET', KEYS[key], 'ended', ARGV[at])
          end
          at = at + 1
        end

        -- String: sequence.
        for i = 1, tonumber(ARGV[5]) do
          key = key + 1
          local now = redis.call('GET', KEYS[key])
          if not now or tonumber(now) < tonumber(ARGV[at]) then redis.call('SET', KEYS[key], ARGV[at]) end
          at = at + 1
        end

        -- String "SEQUENCE OFFSET". Answers 0 where Redis has less than the writer built upon: it lost its state meanwhile. Each: from, sequence, offset.
        for i = 1, tonumber(ARGV[4]) do
          key = key + 1
          local now = redis.call('GET', KEYS[key])
          local sequence = now and tonumber(string.match(now, '^%d+'))
          if not sequence or sequence < tonumber(ARGV[at]) then return 0 end
          if sequence < tonumber(ARGV[at + 1]) then redis.call('SET', KEYS[key], ARGV[at + 1] .. ' ' .. ARGV[at + 2]) end
        end
        return 1
        """;

    // Answers 0 where Redis has less than the position relies on: it lost its state meanwhile.
    private const string Publish = """
        local applied, now = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[1])
        if not applied or tonumber(string.match(applied, '^%d+')) < tonumber(ARGV[2]) then return 0 end
        if not now or tonumber(now) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
        return 1
        """;

    // What the fields of a node begin with that are no identifiers.
    private const char Kin = '~';

    private const int Groups = 64;
    private static readonly TimeSpan RefusalsLast = TimeSpan.FromDays(7);

    private readonly HotState _hot = new(prefix);

    private IDatabase Database => redis.GetDatabase();

    private RedisKey AppliedKey => $"{prefix}{{linker}}:applied";

    private RedisKey LastSplitKey => $"{prefix}linker:last-split";

    /// <summary>The next request that the linker has not applied. Read it before the roots.</summary>
    public async Task<long> LinkerPositionAsync() => (long?)await Database.StringGetAsync(_hot.LinkerPosition) ?? 0;

    /// <summary>Published last: whoever reads it may rely on the roots being there.</summary>
    /// <param name="position">The next request that is not applied.</param>
    /// <param name="applied">The decisions that it relies on.</param>
    /// <returns>False where Redis has not all of them any more.</returns>
    public async Task<bool> PublishLinkerPositionAsync(long position, Applied applied) =>
        (bool)await Database.ScriptEvaluateAsync(Publish, [_hot.LinkerPosition, AppliedKey], [position, applied.Sequence]);

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

    /// <summary>The profiles among these that decisions made.</summary>
    public async Task<Dictionary<string, Node>> NodesAsync(IEnumerable<string> roots)
    {
        var database = Database;
        var asked = roots.Distinct().ToList();
        var hashes = await Task.WhenAll(asked.Select(root => database.HashGetAllAsync(NodeKey(root))));
        return asked.Zip(hashes).Where(node => Array.Exists(node.Second, field => field.Name == "first")).ToDictionary(node => node.First, node => ToNode(node.Second));
    }

    /// <summary>Where the decisions about a profile stand in identity.decisions, by sequence; still there when it has become part of another.</summary>
    public async Task<IReadOnlyDictionary<long, long>> DecisionsAsync(string root) =>
        (await Database.HashGetAllAsync(DecisionsKey(root))).ToDictionary(field => (long)field.Value, field => (long)field.Name);

    /// <summary>What the linker answered to combinations, by key, and the last decision that made a profile smaller. Read it after the roots.</summary>
    public async Task<(Dictionary<string, Refusal> Refusals, long LastSplit)> RefusalsAsync(IEnumerable<string> keys)
    {
        var database = Database;
        var asked = keys.Distinct().GroupBy(key => Partitioner.Partition(key, Groups)).Select(group => group.ToArray()).ToList();
        if (asked.Count == 0) return ([], 0);
        var lastSplit = database.StringGetAsync(LastSplitKey);
        var answers = await Task.WhenAll(asked.Select(group => database.StringGetAsync([.. group.Select(RefusalKey)])));
        var refusals = new Dictionary<string, Refusal>();
        foreach (var (key, value) in asked.Zip(answers).SelectMany(group => group.First.Zip(group.Second)))
        {
            if (((string?)value)?.Split(' ') is [var sequence, var groups, var fates]) refusals[key] = new Refusal(long.Parse(sequence, CultureInfo.InvariantCulture), groups, fates);
        }
        return (refusals, (long?)await lastSplit ?? 0);
    }

    /// <summary>Remembers refusals for a while. One that is lost is one more question to the linker.</summary>
    public Task RememberAsync(IEnumerable<(string Key, Refusal Refusal)> refusals)
    {
        var database = Database;
        return Task.WhenAll(refusals.Select(one => database.StringSetAsync(RefusalKey(one.Key), $"{one.Refusal.Sequence} {one.Refusal.Groups} {one.Refusal.Fates}", RefusalsLast)));
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

    /// <summary>
    /// Brings Redis from one state of the decision log to a later one: roots and nodes first, then how far it is. On one server all of it at once, so
    /// that a server which falls back to what it saved last never has a part of it.
    /// </summary>
    /// <returns>False where Redis was not as far as <paramref name="from"/>, so that it is not complete now either.</returns>
    public async Task<bool> ApplyAsync(HotWrites writes, Applied from, Applied to)
    {
        var database = Database;
        // What stands where never changes, so it may be there before the rest.
        await Task.WhenAll(writes.Nodes.Select(node => database.HashSetAsync(DecisionsKey(node.Key), [.. node.Value.Offsets.Select(at => new HashEntry(at.Value, at.Key))])));
        var advance = new KeyWrite(Part.Applied, AppliedKey, 0, [from.Sequence, to.Sequence, to.Offset]);
        if (!redis.GetServers().Any(server => server.ServerType == ServerType.Cluster)) return await WriteAsync(database, [.. KeyWrites(writes), advance]);
        // The keys of one call must share a slot.
        await Task.WhenAll(KeyWrites(writes).GroupBy(write => (write.Part == Part.Root, write.Group)).Select(group => WriteAsync(database, [.. group])));
        return await WriteAsync(database, [advance]);
    }

    private enum Part { Root, Node, Ended, LastSplit, Applied }

    /// <param name="Part">Which of the script's loops writes it.</param>
    /// <param name="Key">The key.</param>
    /// <param name="Group">Its hash tag, among those of its kind.</param>
    /// <param name="Arguments">What the loop needs.</param>
    private sealed record KeyWrite(Part Part, RedisKey Key, int Group, RedisValue[] Arguments);

    private static async Task<bool> WriteAsync(IDatabase database, IReadOnlyCollection<KeyWrite> writes)
    {
        KeyWrite[] ordered = [.. writes.OrderBy(write => write.Part)];
        RedisValue[] counts = [Count(Part.Root), Count(Part.Node), Count(Part.Ended), Count(Part.Applied), Count(Part.LastSplit)];
        return (bool)await database.ScriptEvaluateAsync(Write, [.. ordered.Select(write => write.Key)], [.. counts, .. ordered.SelectMany(write => write.Arguments)]);

        int Count(Part part) => ordered.Count(write => write.Part == part);
    }

    private IEnumerable<KeyWrite> KeyWrites(HotWrites writes) =>
    [
        .. writes.Roots.Select(root => new KeyWrite(Part.Root, _hot.Root(root.Key), HotState.RootGroup(root.Key), [root.Value.Sequence, root.Value.Root])),
        .. writes.Nodes.Where(node => node.Value.First > 0).Select(node => new KeyWrite(Part.Node, NodeKey(node.Key), NodeGroup(node.Key), Members(node.Value))),
        .. writes.Ended.Select(node => new KeyWrite(Part.Ended, NodeKey(node.Key), NodeGroup(node.Key), [node.Value])),
        .. writes.LastSplit > 0 ? [new KeyWrite(Part.LastSplit, LastSplitKey, -1, [writes.LastSplit])] : Array.Empty<KeyWrite>(),
    ];

    private static int NodeGroup(string root) => Partitioner.Partition(root, Groups);

    private RedisKey NodeKey(string root) => $"{prefix}linker:node:{{n{NodeGroup(root)}}}:{root}";

    // By itself: the linker reads nodes all the time, and a user whom ever new devices are kept apart from has ever more decisions.
    private RedisKey DecisionsKey(string root) => $"{prefix}linker:decisions:{{n{NodeGroup(root)}}}:{root}";

    private RedisKey RefusalKey(string key) => $"{prefix}linker:refusal:{{n{Partitioner.Partition(key, Groups)}}}:{key}";

    private static RedisValue[] Members(NodeWrite node) =>
    [
        node.First, node.Last, node.Merges, node.Identifiers.Count + node.Family.Count,
        // A type has no colon, so the first one ends it; and the hash's own fields have none.
        .. node.Identifiers.SelectMany(one => (RedisValue[])[$"{one.Key.type}:{one.Key.value}", one.Value]),
        .. node.Family.SelectMany(root => (RedisValue[])[$"{Kin}{root}", node.Last]),
    ];

    private static Node ToNode(HashEntry[] fields)
    {
        var node = new Node(0, 0, new(IdentifierComparer.Instance), []);
        foreach (var field in fields)
        {
            var name = (string)field.Name!;
            if (name == "first") node = node with { First = (long)field.Value };
            else if (name == "merges") node = node with { Merges = (int)field.Value };
            else if (name[0] == Kin) node.Family.Add(name[1..]);
            // Below zero: it was taken out again.
            else if (name.IndexOf(':') is > 0 and var colon && (long)field.Value > 0) node.Identifiers.Add(new Identifier { type = name[..colon], value = name[(colon + 1)..] });
        }
        return node;
    }
}
