using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Types;
using StackExchange.Redis;

namespace Cdp.Identifiers.Roots;

/// <summary>The roots of identifiers, and how far the linker had progressed when they were read.</summary>
/// <param name="Position">The next offset of identity.requests that the linker had not applied.</param>
/// <param name="Sequence">Every decision up to this one is reflected in the roots.</param>
/// <param name="ByIdentifier">The root of each identifier that a decision has named. The root of any other identifier is the profile id it implies.</param>
public sealed record RootSnapshot(long Position, long Sequence, IReadOnlyDictionary<Identifier, string> ByIdentifier);

/// <summary>
/// Reads the roots that the linker writes to Redis, together with its progress. So the reader notices a Redis that lost writes, or a Redis Cluster shard
/// that lost them in a failover. A missing root would otherwise look like an identifier that was never linked.
/// </summary>
public sealed class RootReader(IConnectionMultiplexer redis, HotStateKeys keys)
{
    // A single command: Redis executes no other command while it runs.
    private const int MaxKeysPerRead = 1_000;

    // The last decision that Redis is known to have applied.
    private long _knownSequence;

    private readonly string _remedy = RemedyOf(keys);

    private IDatabase Database => redis.GetDatabase();

    private bool IsCluster => redis.GetServers().Any(server => server.ServerType == ServerType.Cluster);

    /// <summary>What an operator must do about an unreadable value of the graph.</summary>
    public static string RemedyOf(HotStateKeys keys) =>
        $"delete it and {keys.LinkerApplied}: the linker of identity then restores both from identity.decisions";

    /// <summary>What an operator must do about an unreadable position of the linker.</summary>
    public static string PositionRemedy => "delete it: the linker of identity then publishes it again";

    /// <exception cref="RedisException">Redis is unavailable, or has fewer decisions than before; the linker restores them.</exception>
    public async Task<RootSnapshot> ReadAsync(IEnumerable<Identifier> identifiers)
    {
        var distinct = identifiers.Distinct(IdentifierComparer.Instance);
        // Copied before the read, because another read that began later may raise it in the meantime.
        var required = Interlocked.Read(ref _knownSequence);
        var read = IsCluster ? await ReadTagsAsync(distinct) : await ReadServerAsync(distinct);
        RequireSequence("Redis", read.Sequence, required);
        for (long known; (known = Interlocked.Read(ref _knownSequence)) < read.Sequence;) Interlocked.CompareExchange(ref _knownSequence, read.Sequence, known);
        return read;
    }

    /// <summary>
    /// Like <see cref="ReadAsync"/>, but also detects keys of the wrong type, for which MGET returns null. The linker would otherwise decide as if the
    /// identifier had no root, and decisions are permanent.
    /// </summary>
    /// <exception cref="UnreadableValueException">The key of a root has the wrong type.</exception>
    public async Task<RootSnapshot> ReadForDecisionsAsync(IReadOnlyCollection<Identifier> identifiers)
    {
        var read = await ReadAsync(identifiers);
        var absent = identifiers.Where(identifier => !read.ByIdentifier.ContainsKey(identifier)).GroupBy(HotStateKeys.RootGroup, Key);
        await Task.WhenAll(absent.Select(async group =>
        {
            if (await Database.KeyExistsAsync([.. group]) == 0) return;
            foreach (var key in group) await Database.ReadStringAsync(key, _remedy);
        }));
        return read;
    }

    /// <summary>The sequence number that a value of the form <c>SEQUENCE …</c> begins with; 0 if the key does not exist.</summary>
    /// <exception cref="UnreadableValueException">The value has another form.</exception>
    public long Sequence(RedisKey key, RedisValue value) => value.IsNull ? 0 : Parse(key, value, "SEQUENCE OFFSET").Sequence;

    /// <summary>
    /// Throws if <paramref name="where"/> has fewer decisions than required. Its roots must not be used until the linker has restored them.
    /// </summary>
    /// <exception cref="RedisException">The sequence is lower than required.</exception>
    public static void RequireSequence(string where, long sequence, long required)
    {
        if (sequence >= required) return;
        throw new RedisException(string.Create(
            CultureInfo.InvariantCulture,
            $"{where} holds the decisions up to {sequence} of {required}: it lost writes, which the linker restores from identity.decisions"));
    }

    // Every command also reads the linker's progress, so all roots are at least as new as the lowest progress read.
    private async Task<RootSnapshot> ReadServerAsync(IEnumerable<Identifier> identifiers)
    {
        Identifier[][] chunks = [.. identifiers.Chunk(MaxKeysPerRead).DefaultIfEmpty([])];
        RedisKey[] progressKeys = [keys.LinkerPosition, keys.LinkerApplied];
        var answers = await Task.WhenAll(chunks.Select(chunk => Database.StringGetAsync([.. progressKeys, .. chunk.Select(Key)])));
        var progress = new List<(long Position, long Sequence)>();
        foreach (var answer in answers) progress.Add(await ProgressAsync(answer));
        var roots = Roots(chunks.Zip(answers, (chunk, answer) => (chunk, answer[progressKeys.Length..])));
        return new RootSnapshot(progress.Min(one => one.Position), progress.Min(one => one.Sequence), roots);
    }

    // The linker writes a tag's progress in the same script as the tag's roots, and its own progress last. A tag's progress and roots are read in one
    // command, so no failover can come between them.
    private async Task<RootSnapshot> ReadTagsAsync(IEnumerable<Identifier> identifiers)
    {
        var (position, sequence) = await ProgressAsync(await Database.StringGetAsync([keys.LinkerPosition, keys.LinkerApplied]));
        var groups = identifiers.GroupBy(HotStateKeys.RootGroup).Select(group => (Tag: HotStateKeys.RootTag(group.Key), Identifiers: group.ToArray())).ToList();
        var answers = await Task.WhenAll(groups.Select(group => Database.StringGetAsync([keys.TagApplied(group.Tag), .. group.Identifiers.Select(Key)])));
        foreach (var (group, answer) in groups.Zip(answers))
        {
            RequireSequence($"hash tag {{{group.Tag}}}", Sequence(keys.TagApplied(group.Tag), answer[0]), sequence);
        }
        return new RootSnapshot(position, sequence, Roots(groups.Zip(answers, (group, answer) => (group.Identifiers, answer[1..]))));
    }

    // MGET returns null both for a missing key and for one of the wrong type; GET fails for the latter. These two keys are missing only in an empty
    // Redis, so the extra GET is rare. Its value is not used: it may be newer than the roots.
    private async Task<(long Position, long Sequence)> ProgressAsync(RedisValue[] answer)
    {
        if (answer[0].IsNull) await Database.ReadStringAsync(keys.LinkerPosition, PositionRemedy);
        if (answer[1].IsNull) await Database.ReadStringAsync(keys.LinkerApplied, _remedy);
        return (RedisReads.ParseNumber(keys.LinkerPosition, answer[0], PositionRemedy) ?? 0, Sequence(keys.LinkerApplied, answer[1]));
    }

    private Dictionary<Identifier, string> Roots(IEnumerable<(Identifier[] Identifiers, RedisValue[] Values)> read)
    {
        var roots = new Dictionary<Identifier, string>(IdentifierComparer.Instance);
        foreach (var (identifier, value) in read.SelectMany(part => part.Identifiers.Zip(part.Values)))
        {
            if (!value.IsNull) roots[identifier] = Parse(Key(identifier), value, "SEQUENCE ROOT").Text;
        }
        return roots;
    }

    private RedisKey Key(Identifier identifier) => keys.Root(identifier);

    private (long Sequence, string Text) Parse(RedisKey key, RedisValue value, string expected)
    {
        var text = (string)value!;
        var space = text.IndexOf(' ');
        var isNumber = long.TryParse(text.AsSpan(0, Math.Max(space, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence);
        return isNumber && space + 1 < text.Length ? (sequence, text[(space + 1)..]) : throw RedisReads.Unreadable(key, value, expected, _remedy);
    }
}
