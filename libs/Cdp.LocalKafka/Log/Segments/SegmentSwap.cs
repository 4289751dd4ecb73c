using System.Globalization;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>
/// Replaces segments by a cleaned one, so that a crash at any moment leaves either the old segments or the new one. <c>BASE.cleaned</c> is being
/// written; a start discards it. Renaming it to <c>BASE-END.swap</c> is the decision: from then on every segment that begins in [BASE, END) is
/// obsolete, and a start completes the swap. A cleaning that yields several segments swaps them in ascending order. Kafka's
/// LocalLog.replaceSegments and LogLoader work the same way, except that they derive END from the swapped file's last batch and so may restore a
/// replaced segment that has no records left. The file system must keep the order of renames and deletions in a directory across a power failure,
/// as journaling file systems do.
/// </summary>
internal static class SegmentSwap
{
    public const string CleanedExtension = ".cleaned";
    public const string SwapExtension = ".swap";

    // A segment's log file and the indexes derived from it. The log is deleted first: indexes without a log are ignored.
    private static readonly string[] SegmentExtensions = [Segment.Extension, ".index", ".timeindex"];

    public static string CleanedPath(string directory, long baseOffset) => Path.Combine(directory, Name(baseOffset) + CleanedExtension);

    /// <summary>The steps that swap in <paramref name="cleaned"/>. Run them in this order and under the log's lock.</summary>
    public static IEnumerable<SwapStep> Plan(string directory, CleanedSegment cleaned)
    {
        var swap = Path.Combine(directory, $"{Name(cleaned.BaseOffset)}-{Name(cleaned.EndOffset)}{SwapExtension}");
        return [new SwapStep(cleaned.Path, swap), .. Finish(directory, swap, cleaned.Replaces.Select(segment => segment.BaseOffset), cleaned.BaseOffset)];
    }

    /// <summary>The steps that complete an interrupted swap in a directory. Run them before segments are opened.</summary>
    public static IEnumerable<SwapStep> PlanRecovery(string directory)
    {
        var discards = Directory.GetFiles(directory, "*" + CleanedExtension).Select(path => new SwapStep(path, null));
        return discards.Concat(Directory.GetFiles(directory, "*" + SwapExtension).SelectMany(swap => Finish(directory, swap)));
    }

    public static void Run(this IEnumerable<SwapStep> steps)
    {
        foreach (var step in steps) step.Run();
    }

    private static IEnumerable<SwapStep> Finish(string directory, string swap)
    {
        var range = Path.GetFileNameWithoutExtension(swap).Split('-');
        var (from, until) = (Offset(range[0]), Offset(range[1]));
        var obsolete = SegmentExtensions.SelectMany(extension => Directory.GetFiles(directory, "*" + extension))
            .Select(path => Offset(Path.GetFileNameWithoutExtension(path))).Where(offset => offset >= from && offset < until).Distinct().Order();
        return Finish(directory, swap, obsolete, from);
    }

    private static IEnumerable<SwapStep> Finish(string directory, string swap, IEnumerable<long> obsolete, long baseOffset) =>
        obsolete.SelectMany(offset => SegmentExtensions.Select(extension => new SwapStep(Path.Combine(directory, Name(offset) + extension), null)))
            .Append(new SwapStep(swap, Path.Combine(directory, Name(baseOffset) + Segment.Extension)));

    private static string Name(long offset) => offset.ToString("D20", CultureInfo.InvariantCulture);

    private static long Offset(string name) => long.Parse(name, CultureInfo.InvariantCulture);
}

/// <summary>Renames a file, or deletes it if <paramref name="Target"/> is null. Deleting a file that does not exist does nothing.</summary>
internal readonly record struct SwapStep(string Path, string? Target)
{
    public void Run()
    {
        if (Target is null) File.Delete(Path);
        else File.Move(Path, Target);
    }
}
