using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Roots;
using StackExchange.Redis;

namespace Cdp.Identity.Storing;

/// <summary>
/// How far the decisions are applied under each hash tag of the graph, on Redis Cluster. The tags are spread over shards, and a failover reverts one shard to
/// the state of its replica. A tag's position is written in the same script as the tag's keys, so it is reverted with them and shows which decisions are
/// missing there.
/// </summary>
internal sealed class TagPositions(IConnectionMultiplexer redis, HotStateKeys keys)
{
    /// <summary>How many tags the nodes are spread over.</summary>
    public const int NodeTags = 64;

    /// <summary>The tag of the linker's own progress. It has no separate position.</summary>
    public const string Linker = "linker";

    /// <summary>All tags that have a position.</summary>
    public static readonly IReadOnlyList<string> All =
        [.. Enumerable.Range(0, HotStateKeys.RootGroups).Select(HotStateKeys.RootTag), .. Enumerable.Range(0, NodeTags).Select(OfNode)];

    public static string OfRoot(Identifier identifier) => HotStateKeys.RootTag(HotStateKeys.RootGroup(identifier));

    public static string OfNode(int group) => $"n{group}";

    public RedisKey Key(string tag) => keys.TagApplied(tag);

    /// <summary>Marks tags without a position as empty.</summary>
    public Task InitialiseAsync() => Task.WhenAll(All.Select(tag => redis.GetDatabase().StringSetAsync(Key(tag), Applied.Start, when: When.NotExists)));

    /// <summary>The lowest of all tags' positions and <paramref name="applied"/>.</summary>
    public async Task<Applied> LowestAsync(Applied applied) => (await ReadAsync(All)).Append(applied).MinBy(position => position.Sequence);

    /// <summary>Throws if one of the tags has fewer decisions than <paramref name="sequence"/>.</summary>
    /// <exception cref="RedisException">A tag has lost decisions.</exception>
    public async Task RequireAsync(IEnumerable<string> tags, long sequence)
    {
        string[] distinct = [.. tags.Distinct()];
        foreach (var (tag, position) in distinct.Zip(await ReadAsync(distinct))) RootReader.RequireSequence($"hash tag {{{tag}}}", position.Sequence, sequence);
    }

    private async Task<IEnumerable<Applied>> ReadAsync(IEnumerable<string> tags)
    {
        var remedy = RootReader.RemedyOf(keys);
        var database = redis.GetDatabase();
        return await Task.WhenAll(tags.Select(async tag => GraphValues.Applied(Key(tag), await database.ReadStringAsync(Key(tag), remedy), remedy) ?? default));
    }
}
