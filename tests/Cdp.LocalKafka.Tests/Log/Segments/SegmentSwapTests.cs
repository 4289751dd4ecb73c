using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Tests.Log.Segments;

public sealed class SegmentSwapTests
{
    private const int StepCount = 11; // two renames, and three files of each of three segments
    private static readonly string[] Before = ["00000000000000000000.log", "00000000000000000010.log", "00000000000000000020.log", "00000000000000000030.log"];
    private static readonly string[] After = ["00000000000000000000.log", "00000000000000000030.log"];

    [Fact]
    public void Plan_InterruptedAtAnyStepAndDuringRecovery_LeavesOldOrNewSegments()
    {
        for (var done = 0; done <= StepCount; done++)
        {
            for (var recovered = 0; ; recovered++)
            {
                using var directory = new TempDirectory();
                var steps = Steps(directory);
                Assert.Equal(StepCount, steps.Count);
                steps.Take(done).Run();
                var recovery = SegmentSwap.PlanRecovery(directory.Path).ToList();
                recovery.Take(recovered).Run();
                SegmentSwap.PlanRecovery(directory.Path).Run();

                var isNew = done > 0;
                Assert.Equal(
                    isNew ? After : Before,
                    Directory.GetFiles(directory.Path).Select(Path.GetFileName).Where(
                        name => !name!.EndsWith("index", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
                Assert.Equal(isNew ? "new" : "old 0", File.ReadAllText(Path.Combine(directory.Path, Before[0])));
                Assert.Equal("old 30", File.ReadAllText(Path.Combine(directory.Path, Before[3])));
                // An index contains positions in the one file that it was built for.
                Assert.Equal(isNew ? 2 : 8, Directory.GetFiles(directory.Path, "*index").Length);
                if (recovered >= recovery.Count) break;
            }
        }
    }

    [Fact]
    public void PlanRecovery_NoSwap_IsEmpty()
    {
        using var directory = new TempDirectory();
        Steps(directory);
        File.Delete(SegmentSwap.CleanedPath(directory.Path, 0));
        Assert.Empty(SegmentSwap.PlanRecovery(directory.Path));
    }

    // Four segments with indexes, and a cleaned file that replaces the first three.
    private static List<SwapStep> Steps(TempDirectory directory)
    {
        foreach (var offset in (long[])[0, 10, 20, 30])
        {
            var log = Path.Combine(directory.Path, $"{offset:D20}.log");
            File.WriteAllText(log, $"old {offset}");
            File.WriteAllText(Path.ChangeExtension(log, ".index"), "");
            File.WriteAllText(Path.ChangeExtension(log, ".timeindex"), "");
        }
        var path = SegmentSwap.CleanedPath(directory.Path, 0);
        File.WriteAllText(path, "new");
        ClosedSegment[] replaced = [.. ((long[])[0, 10, 20]).Select(offset => new ClosedSegment(new SafeFileHandle(), 5, offset, offset + 10))];
        return [.. SegmentSwap.Plan(directory.Path, new CleanedSegment(path, 3, replaced))];
    }
}
