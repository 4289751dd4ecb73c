using Cdp.Contracts;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Cdp.Profiles.Rebuilding;
using Cdp.Streaming.Admin;

namespace Cdp.Profiles.Tests.Rebuilding;

[Trait("tier", "integration")]
public sealed class LiveProgressTests(Stack stack) : IClassFixture<Stack>
{
    [Fact]
    public async Task WaitAsync_NoAnswerInTime_CountsAsBehindAndIsAskedAgain()
    {
        var kafka = stack.Installation();
        await TopicAdmin.EnsureAsync(kafka, [Topics.EventsIdentified, Topics.ProfilesTransfers]);
        // Longer than the call's timeout of 10 s, and shorter than the 15 s that the rebuild waits.
        using var late = stack.Faults.Add(new Fault { Api = ApiKey.OffsetFetch, Delay = TimeSpan.FromSeconds(11), Times = 1 });
        using var progress = new LiveProgress(kafka);

        Assert.True(await progress.WaitAsync([.. Enumerable.Repeat(0L, kafka.Partitions)], TestContext.Current.CancellationToken));

        Assert.Equal(1, late.Hits);
    }
}
