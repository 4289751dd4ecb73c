using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Log.Configuration;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

public sealed class CleanabilityTests
{
    private const long Now = 10_000;

    // Three closed segments of 100 bytes, with timestamps 1000-1999, 2000-2999 and 3000-3999, and the active segment.
    private static readonly SegmentShape[] Segments =
        [new(0, 10, 100, 1000, 1999), new(10, 20, 100, 2000, 2999), new(20, 30, 100, 3000, 3999), new(30, 40, 50, 4000, 4999)];

    [Theory]
    [InlineData(null, 5)]
    [InlineData(10L, 10)]
    [InlineData(40L, 40)]
    [InlineData(41L, 5)] // the log was truncated behind it
    [InlineData(3L, 5)] // the log begins behind it
    public void FirstDirty_AfterACleaning_IsWhereItStoppedIfTheLogStillHasIt(long? lastCleaned, long expected) =>
        Assert.Equal(expected, Of(lastCleaned, start: 5).FirstDirty);

    [Theory]
    [InlineData(40, 0, 30)]
    [InlineData(30, 0, 30)]
    [InlineData(29, 0, 20)] // a transaction is open in the third segment
    [InlineData(3, 0, 0)]
    [InlineData(40, Now - 3999, 30)] // the third segment is just old enough
    [InlineData(40, Now - 3998, 20)]
    [InlineData(40, Now - 1500, 0)]
    public void UpperBound_ActiveUnstableOrYoungSegment_StopsBeforeIt(long stable, long minLag, long expected) =>
        Assert.Equal(expected, Of(null, stable: stable, settings: new CleaningSettings(0.5, minLag, long.MaxValue)).UpperBound);

    [Theory]
    [InlineData(0L, 1.0, true)]
    [InlineData(10L, 2 / 3.0, true)]
    [InlineData(20L, 1 / 3.0, false)]
    [InlineData(30L, 0.0, false)]
    [InlineData(35L, 0.0, false)]
    public void IsDue_DirtyRatio_MustBeExceeded(long lastCleaned, double ratio, bool isDue)
    {
        var cleanability = Of(lastCleaned);
        Assert.Equal(ratio, cleanability.DirtyRatio, 1e-9);
        Assert.Equal(isDue, cleanability.IsDue);
    }

    [Theory]
    [InlineData(20L, Now - 3001, true)]
    [InlineData(20L, Now - 3000, false)]
    [InlineData(30L, 0, false)] // nothing is dirty
    public void IsDue_OldestDirtyRecordsExceedMaxLag_IsTrue(long lastCleaned, long maxLag, bool isDue) =>
        Assert.Equal(isDue, Of(lastCleaned, settings: new CleaningSettings(0.5, 0, maxLag)).IsDue);

    [Fact]
    public void Of_OnlyTheActiveSegment_IsNotDue() =>
        Assert.Equal(
            new Cleanability(0, 0, 0, false), Cleanability.Of(new LogShape(0, 10, 10, [new(0, 10, 100, 1, 1)]), null, new CleaningSettings(0, 0, 0), Now));

    private static Cleanability Of(long? lastCleaned, long start = 0, long stable = 40, CleaningSettings? settings = null) =>
        Cleanability.Of(new LogShape(start, stable, 40, Segments), lastCleaned, settings ?? new CleaningSettings(0.5, 0, long.MaxValue), Now);
}
