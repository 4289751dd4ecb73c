using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class LiveSourcesTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string Event = """{"userId":"u1"}""";

    [Fact]
    public async Task Change_OfAFile_IsTakenWithoutARestart()
    {
        await kafka.Host.UntilAsync(HttpStatusCode.Unauthorized, () => kafka.Host.PostAsync("/v1/track", Event, "later"));

        kafka.Host.WriteSource("later", "later", "type: server");
        await kafka.Host.UntilAsync(HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/track", Event, "later"));

        kafka.Host.WriteSource("later", "later", "type: server\nenabled: false");
        await kafka.Host.UntilAsync(HttpStatusCode.NotFound, () => kafka.Host.PostAsync("/v1/track", Event, "later"));

        File.Delete(Path.Combine(kafka.Host.Sources, "later.yaml"));
        await kafka.Host.UntilAsync(HttpStatusCode.Unauthorized, () => kafka.Host.PostAsync("/v1/track", Event, "later"));
    }

    [Fact]
    public async Task Change_WithAFault_KeepsWhatRunsAndSaysSo()
    {
        kafka.Host.WriteSource("broken", "broken", "type: nonsense");
        string ready;
        do ready = await kafka.Host.Client.GetStringAsync("/health/ready", TestContext.Current.CancellationToken);
        while (!ready.Contains("broken.yaml:3", StringComparison.Ordinal));

        Assert.Contains("not a type of source", ready, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await kafka.Host.PostAsync("/v1/track", Event)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await kafka.Host.PostAsync("/v1/track", Event, "broken")).StatusCode);

        File.Delete(Path.Combine(kafka.Host.Sources, "broken.yaml"));
        do ready = await kafka.Host.Client.GetStringAsync("/health/ready", TestContext.Current.CancellationToken);
        while (ready.Contains("broken.yaml", StringComparison.Ordinal));
    }
}
