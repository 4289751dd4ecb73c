using System.Globalization;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// Puts a cleaned segment in the place of those it was made from, so that a crash at any moment leaves the old segments or the new
/// one. <c>BASE.cleaned</c> is being written, and discarded at a start; renaming it to <c>BASE-END.swap</c> decides: from then on
/// whatever begins in [BASE, END) is obsolete, and a start finishes what is left to do. Cleanings that yield several segments swap them in
/// ascending order. Kafka's LocalLog.replaceSegments and LogLoader do the same; they learn END from the swapped file's last batch,
/// and so may let a replaced segment come back that had nothing left. The file system must keep the order of renames and removals in
/// a directory over a power cut, as journaling ones do.
/// </summary>
internal static class SegmentSwap
{
    public const string CleanedExtension = ".cleaned";
    public const string SwapExtension = ".swap";

    // A segment's log and what is derived from it. The log goes first: indexes without one are nobody's.
    private static readonly string[] SegmentExtensions = [Segment.Extension, ".index", ".timeindex"];

    public static string CleanedPath(string directory, long baseOffset) => Path.Combine(directory, Name(baseOffset) + CleanedExtension);

    /// <summary>The steps that swap <paramref name="cleaned"/> in, to be run in this order and under the log's lock.</summary>
    public static IEnumerable<SwapStep> Plan(string directory, CleanedSegment cleaned)
    {
        var swap = Path.Combine(directory, $"{Name(cleaned.BaseOffset)}-{Name(cleaned.EndOffset)}{SwapExtension}");
        return [new SwapStep(cleaned.Path, swap), .. Finish(directory, swap, cleaned.Replaces.Select(segment => segment.BaseOffset), cleaned.BaseOffset)];
    }

    /// <summary>What is left to do in a directory whose broker may have stopped between any two steps; run before segments are opened.</summary>
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

/// <summary>Renames a file, or removes it when there is no <paramref name="Target"/>. A file that is not there any more is none to remove.</summary>
internal readonly record struct SwapStep(string Path, string? Target)
{
    public void Run()
    {
        if (Target is null) File.Delete(Path);
        else File.Move(Path, Target);
    }
}
