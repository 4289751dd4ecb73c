using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Integration.Loop;

/// <content>Hot state with content that no service wrote: no record is at fault, unless the read fails for only one record.</content>
public sealed partial class LoopTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_HotStateUnreadableForEveryRecord_WaitsAndLosesNothing(bool isReadBefore)
    {
        await using var cluster = await stack.ClusterAsync();
        var isUnreadable = !isReadBefore;
        var processor = new RecordingProcessor { OnRead = _ => isUnreadable ? throw new InvalidCastException("'abc' is no number") : Task.CompletedTask };
        await cluster.ProduceAsync(0, 50);
        await using var run = LoopRun.Start(cluster, processor);
        if (isReadBefore)
        {
            await AssertCopiedAsync(cluster, 50);
            isUnreadable = true;
            // A single record: the loop only knows that reads for earlier records succeeded.
            await cluster.ProduceAsync(50, 1);
        }

        await Eventually.TrueAsync(
            () => run.Readiness.Parts.Values.Any(part => !part.Ready && part.Detail.Contains("'abc' is no number", StringComparison.Ordinal)),
            "the loop says what it cannot read");
        isUnreadable = false;

        await AssertCopiedAsync(cluster, isReadBefore ? 51 : 50);
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "the loop is ready again");
        await run.StopAsync();
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task Run_HotStateUnreadableForSingleRecords_DeadLettersThem(int maxRecords)
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 50);
        var processor = new RecordingProcessor
        {
            OnRead = batch => batch.Any(record => Number(record) is 0 or 1 or 33) ? throw new InvalidCastException("cannot be read for") : Task.CompletedTask,
        };
        await using var run = LoopRun.Start(cluster, processor, maxRecords: maxRecords);

        await AssertCopiedAsync(cluster, 50, except: [0, 1, 33]);
        Assert.Equal(3, (await DeadAsync(cluster, 3)).Count);
        await run.StopAsync();
    }
}
