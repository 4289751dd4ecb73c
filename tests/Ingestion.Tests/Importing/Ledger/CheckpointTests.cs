using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Importing.Reading;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Ledger;

public sealed class CheckpointTests
{
    private static readonly Checkpoint Begun = Checkpoint.Begin("me", "csv");

    private static readonly Gen<Tally> Tallies = Gen.Select(Gen.Long[0, 9], Gen.Long[0, 9], Gen.Long[0, 9], Gen.Long[0, 9], (accepted, rejected, ignored, suppressed) => new Tally(accepted, rejected, ignored, suppressed, 2 * accepted));

    [Fact]
    public void Plus_ManyBatches_IsTheirSum() => Tallies.Array[0, 20].Sample(tallies =>
    {
        var reached = tallies.Aggregate(Begun, (checkpoint, tally) => checkpoint.Plus(tally, default, isLast: false));
        var sum = tallies.Aggregate(default(Tally), (left, right) => left + right);

        Assert.Equal((sum.Rows, sum.Rejected, sum.Events), (reached.Rows, reached.Rejected, reached.Events));
    });

    [Fact]
    public void Resume_EveryOutcome_IsTold()
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
    public void Record_ReadBack_IsTheSame()
    {
        var checkpoint = Begun.Plus(new Tally(1, 2, 3, 4, 5), At(7), isLast: true);
        var read = Checkpoint.Read(checkpoint.Record("src", "file", DateTime.UnixEpoch));

        Assert.Equal(checkpoint with { End = default }, read with { End = default });
        Assert.True(checkpoint.End.IsSameAs(read.End));
    }

    private static Place At(long position) => new(position, position, new byte[] { 1, (byte)position });
}
