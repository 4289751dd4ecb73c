using cdp;

namespace Cdp.Contracts;

/// <summary>
/// The Redis keys that more than one service reads. The braces are Redis Cluster hash tags: keys that are written together are in one slot. The prefix
/// separates installations that share a Redis.
/// </summary>
public sealed class HotStateKeys(string prefix)
{
    /// <summary>The number of hash tags that the roots are distributed over.</summary>
    public const int RootGroups = 64;

    /// <summary>
    /// String <c>SEQUENCE ROOT</c>: the profile that an identifier has belonged to since that decision. If absent, the id that the identifier implies (<see
    /// cref="ProfileIds"/>). Written by the linker, read by the resolver and the profile API.
    /// </summary>
    public string Root(Identifier identifier) => $"{prefix}root:{{r{RootGroup(identifier)}}}:{identifier.type}:{identifier.value}";

    /// <summary>
    /// The group of an identifier, which selects the hash tag of its root key, so that the roots of a batch can be read with a few commands instead of one
    /// each.
    /// </summary>
    public static int RootGroup(Identifier identifier) => Partitioner.Partition(identifier.value, RootGroups);

    /// <summary>The hash tag of a group of roots.</summary>
    public static string RootTag(int group) => $"r{group}";

    /// <summary>String: the next offset of identity.requests that the linker has not yet applied to the roots. Written after the roots.</summary>
    public string LinkerPosition => $"{prefix}{{linker}}:position";

    /// <summary>
    /// String <c>SEQUENCE OFFSET</c>: the last decision in the graph, and the next offset of identity.decisions. If absent, Redis is empty.
    /// </summary>
    public string LinkerApplied => $"{prefix}{{linker}}:applied";

    /// <summary>
    /// String <c>SEQUENCE OFFSET</c>, on Redis Cluster only: like <see cref="LinkerApplied"/>, for the keys of one hash tag. Read it in the same command as the
    /// keys of the tag: a tag that is behind <see cref="LinkerApplied"/> has lost writes in a failover.
    /// </summary>
    public string TagApplied(string tag) => $"{prefix}linker:applied:{{{tag}}}";

    /// <summary>
    /// String <c>CURRENT KEPT</c>: the generation of profiles that is read and written, and the one that a rebuild replaced and that is not cleaned up yet
    /// (-1: none). If absent: <c>0 -1</c>. This one key switches the readers and writers of all partitions at once.
    /// </summary>
    public string Generations => $"{prefix}profiles-generations";

    /// <summary>String: the number of the generation that was started last, so that no two rebuilds write the same keys.</summary>
    public string LastGeneration => $"{prefix}profiles-last-generation";

    /// <summary>String, JSON: the rebuild that is running or has ended, and its progress. A rebuild stops when another value has replaced its own.</summary>
    public string Rebuild => $"{prefix}profiles-rebuild";

    /// <summary>Bytes: the Profile record (plain Avro binary after the registry framing, as on the profiles topic). Written by Profiles.</summary>
    public string Profile(int partition, string profileId, int generation = 0) => $"{Of(generation)}profile:{{p{partition}}}:{profileId}";

    /// <summary>String: the offset of the profiles topic up to which, inclusive, the profiles of a partition are in Redis.</summary>
    public string ProfilesPosition(int partition, int generation = 0) => $"{Of(generation)}profiles-position:{{p{partition}}}";

    /// <summary>
    /// String, JSON: what the profiles service recomputed after the split of a decision.
    /// <c>{"sequence":7,"profile_id":"…","into":"…","recomputed":{"PROFILE":EVENTS},
    /// "kept":{"events":0,"counts":{"NAME":0},"traits":["NAME"],"before":"TIME"}}</c>. The member kept describes what the log no longer has, which stays with
    /// profile_id.
    /// </summary>
    public string SplitReport(long sequence) => $"{prefix}split-report:{sequence}";

    /// <summary>String: why the profiles service gave up the split of a decision. If there is a report as well, a later attempt succeeded.</summary>
    public string SplitFailure(long sequence) => $"{prefix}split-failure:{sequence}";

    /// <summary>Set: the ids of the profiles of a generation that a rebuild created. Not updated once the generation is in use.</summary>
    public string ProfilesIndex(int partition, int generation) => $"{Of(generation)}profiles-index:{{p{partition}}}";

    /// <summary>Glob patterns that match all keys of a generation, and no others.</summary>
    public IReadOnlyList<string> ProfilesPatterns(int generation) =>
        generation == 0 ? [$"{Escaped(prefix)}profile:*", $"{Escaped(prefix)}profiles-position:*"] : [$"{Escaped(Of(generation))}*"];

    // The keys of generation 0 have no number, because they were written before there were generations.
    private string Of(int generation) => generation == 0 ? prefix : $"{prefix}g{generation}:";

    private static string Escaped(string text) => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '\\' ? $"\\{c}" : $"{c}"));
}
