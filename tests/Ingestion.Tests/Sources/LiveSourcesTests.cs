using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

[Trait("tier", "integration")]
public sealed class LiveSourcesTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string Event = """{"userId":"u1"}""";

    [Fact]
    public async Task Change_ValidFile_IsAppliedWithoutARestart()
    {
        await kafka.Host.PostAsync("/v1/track", Event, "later").AssertRefusedAsync(401, "unknown_write_key");

        await kafka.Host.AddSourceAsync("later", "later", "type: server");
        await kafka.Host.PostAsync("/v1/track", Event, "later").AssertSuccessAsync();

        kafka.Host.WriteSource("later", "later", "type: server\nenabled: false");
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.NotFound, () => kafka.Host.PostAsync("/v1/track", Event, "later"));

        File.Delete(Path.Combine(kafka.Host.Sources, "later.yaml"));
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.Unauthorized, () => kafka.Host.PostAsync("/v1/track", Event, "later"));
    }

    [Fact]
    public async Task Change_InvalidFile_KeepsThePreviousSourcesAndReportsTheFault()
    {
        kafka.Host.WriteSource("broken", "broken", "type: nonsense");
        await Eventually.TrueAsync(async () => (await ReadinessAsync()).Contains("broken.yaml:3", StringComparison.Ordinal), "the fault is reported");

        Assert.Contains("not a source type", await ReadinessAsync(), StringComparison.Ordinal);
        await kafka.Host.PostAsync("/v1/track", Event).AssertSuccessAsync();
        await kafka.Host.PostAsync("/v1/track", Event, "broken").AssertRefusedAsync(401, "unknown_write_key");

        File.Delete(Path.Combine(kafka.Host.Sources, "broken.yaml"));
        await Eventually.TrueAsync(async () => !(await ReadinessAsync()).Contains("broken.yaml", StringComparison.Ordinal), "the fault is no longer reported");
    }

    private Task<string> ReadinessAsync() => kafka.Host.Management.GetStringAsync("/health/ready", TestContext.Current.CancellationToken);
}
