using cdp;

namespace Cdp.Contracts;

/// <summary>
/// The Redis keys that more than one service reads. The braces are Redis Cluster hash tags: what is written together lives in one slot.
/// A prefix, by default the topics' own, keeps installations on one Redis apart.
/// </summary>
public sealed class HotState(string prefix)
{
    private const int RootGroups = 64;

    /// <summary>
    /// String <c>SEQUENCE ROOT</c>: the profile that an identifier belongs to since that decision. Absent: the id it implies (<see cref="ProfileIds"/>).
    /// Written by the linker, read by the resolver and the profile API.
    /// </summary>
    public string Root(Identifier identifier) => $"{prefix}root:{{r{RootGroup(identifier)}}}:{identifier.type}:{identifier.value}";

    /// <summary>Which of 64 hash tags a root's key carries, so that the roots of a batch are read in a few commands instead of one each.</summary>
    public static int RootGroup(Identifier identifier) => Partitioner.Partition(identifier.value, RootGroups);

    /// <summary>String: the next offset of identity.requests that the linker has not yet applied to the roots. Written after them.</summary>
    public string LinkerPosition => $"{prefix}{{linker}}:position";

    /// <summary>
    /// String <c>CURRENT KEPT</c>: the generation of profiles that is read and written, and the one that a rebuild replaced and nobody has told to forget
    /// (-1: none). Absent: <c>0 -1</c>. It is the one key that moves the readers and writers of all partitions at once.
    /// </summary>
    public string Generations => $"{prefix}profiles-generations";

    /// <summary>String: the number of the generation that was begun last, so that no two rebuilds write the same keys.</summary>
    public string LastGeneration => $"{prefix}profiles-last-generation";

    /// <summary>String: the rebuild that works, or has ended, and how far it is (JSON). What is not its own anymore stops it.</summary>
    public string Rebuild => $"{prefix}profiles-rebuild";

    /// <summary>Bytes: the Profile record (plain Avro binary after the registry framing, as on the profiles topic). Written by Profiles.</summary>
    public string Profile(int partition, string profileId, int generation = 0) => $"{Of(generation)}profile:{{p{partition}}}:{profileId}";

    /// <summary>String: the offset of the profiles topic up to and including which this partition's profiles are in Redis.</summary>
    public string ProfilesPosition(int partition, int generation = 0) => $"{Of(generation)}profiles-position:{{p{partition}}}";

    /// <summary>
    /// String, JSON: what Profiles folded anew after the split of that decision. <c>{"sequence":7,"profile_id":"…","into":"…","recomputed":{"PROFILE":EVENTS},
    /// "kept":{"events":0,"counts":{"NAME":0},"traits":["NAME"],"before":"TIME"}}</c>; kept is what the log no longer reaches, which stays with profile_id.
    /// </summary>
    public string SplitReport(long sequence) => $"{prefix}split-report:{sequence}";
    /// <summary>Set: the ids of the profiles of a generation that a rebuild made. Not kept up once the generation is in use.</summary>
    public string ProfilesIndex(int partition, int generation) => $"{Of(generation)}profiles-index:{{p{partition}}}";

    /// <summary>Glob patterns that all keys of a generation match, and no other's.</summary>
    public IReadOnlyList<string> ProfilesPatterns(int generation) =>
        generation == 0 ? [$"{Escaped(prefix)}profile:*", $"{Escaped(prefix)}profiles-position:*"] : [$"{Escaped(Of(generation))}*"];

    // What was written before there were generations is the first of them.
    private string Of(int generation) => generation == 0 ? prefix : $"{prefix}g{generation}:";

    private static string Escaped(string text) => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '\\' ? $"\\{c}" : $"{c}"));
}
