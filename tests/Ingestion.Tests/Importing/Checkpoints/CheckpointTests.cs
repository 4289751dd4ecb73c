using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Checkpoints;

public sealed class CheckpointTests
{
    private static readonly Dictionary<string, string> Csv = new()
    {
        ["format"] = "csv",
        ["mapping"] = "orders",
        ["rules"] = "1",
        ["separator"] = ",",
        ["type"] = "",
    };
    private static readonly Checkpoint Begun = Checkpoint.Begin("me", Csv);

    private static readonly Gen<Tally> Tallies = Gen.Select(
        Gen.Long[0, 9],
        Gen.Long[0, 9],
        Gen.Long[0, 9],
        Gen.Long[0, 9],
        (accepted, rejected, ignored, suppressed) => new Tally(accepted, rejected, ignored, suppressed, 2 * accepted));

    [Fact]
    public void Plus_ManyBatches_AddsTheirCounts() => Tallies.Array[0, 20].Sample(tallies =>
    {
        var reached = tallies.Aggregate(Begun, (checkpoint, tally) => checkpoint.Plus(tally, default, isLast: false));
        var sum = tallies.Aggregate(default(Tally), (left, right) => left + right);

        Assert.Equal((sum.Rows, sum.Rejected, sum.Events), (reached.Rows, reached.Rejected, reached.Events));
    });

    [Fact]
    public void Resume_EveryState_ReturnsItsResumption()
    {
        var before = Begun with { End = At(3) };
        var after = before.Plus(new Tally { Accepted = 1 }, At(4), isLast: false);

        Assert.Equal(Resumption.Committed, Checkpoint.Resume(after, after with { End = At(4) }));
        Assert.Equal(Resumption.Again, Checkpoint.Resume(after, before));
        Assert.Equal(Resumption.Again, Checkpoint.Resume(after with { End = At(3), IsComplete = true }, before));
        Assert.Equal(Resumption.TakenOver, Checkpoint.Resume(after, after with { Upload = "other" }));
        Assert.Equal(Resumption.TakenOver, Checkpoint.Resume(after, found: null));
    }

    [Fact]
    public void Record_ReadBack_RoundTrips()
    {
        var checkpoint = Begun.Plus(new Tally(1, 2, 3, 4, 5), At(7), isLast: true);
        var read = Checkpoint.Read(checkpoint.Record("src", "file", DateTime.UnixEpoch));

        Assert.Equal(checkpoint with { End = default, Settings = Csv }, read with { End = default, Settings = Csv });
        Assert.Equal(checkpoint.Settings, read.Settings);
        Assert.True(checkpoint.End.IsSameAs(read.End));
    }

    [Fact]
    public void Continue_NothingImported_AllowsAnySettings()
    {
        Assert.Equal("you", Checkpoint.Continue(found: null, "you", Csv).Start.Upload);
        var (start, differences) = Checkpoint.Continue(Begun, "you", new Dictionary<string, string>(Csv) { ["format"] = "ndjson" });

        Assert.Equal(("you", "ndjson"), (start.Upload, start.Format));
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("format", "ndjson", "format was 'csv' and is now 'ndjson'")]
    [InlineData("separator", "\t", "separator was ',' and is now a tab")]
    [InlineData("type", "track", "type was not given and is now 'track'")]
    [InlineData("mapping", "", "mapping was 'orders' and is now not given")]
    [InlineData("rules", "2", "the rules of the mapping 'orders' have changed")]
    public void Continue_OtherSettings_ReturnsTheDifferences(string name, string value, string difference)
    {
        var found = Begun with { End = At(3) };

        Assert.Equal([difference], Checkpoint.Continue(found, "you", new Dictionary<string, string>(Csv) { [name] = value }).Differences);
        Assert.Empty(Checkpoint.Continue(found, "you", new Dictionary<string, string>(Csv)).Differences);
    }

    [Fact]
    public void Continue_CheckpointWithoutSettings_ComparesTheFormatOnly()
    {
        var old = Begun with { End = At(3), Settings = new Dictionary<string, string>() };

        var (start, differences) = Checkpoint.Continue(old, "you", Csv);
        Assert.Empty(differences);
        Assert.Equal(Csv, start.Settings);
        Assert.Single(Checkpoint.Continue(old, "you", new Dictionary<string, string>(Csv) { ["format"] = "ndjson" }).Differences);
    }

    private static FilePosition At(long position) => new(position, position, new byte[] { 1, (byte)position });
}
