using System.Diagnostics;
using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Appending;

/// <summary>The service while neither Kafka nor the registry is there.</summary>
public sealed class WithoutKafkaTests : IAsyncLifetime
{
    // Nothing listens on the discard port of a loopback address.
    private const string Nowhere = "127.0.0.1:9";

    private IngestionHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestionHost.StartAsync(Nowhere, $"http://{Nowhere}");

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Track_KafkaAway_Is503WithRetryAfterAtOnce()
    {
        var watch = Stopwatch.StartNew();
        using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Equal("""{"success":false,"error":{"code":"unavailable","message":"service unavailable"}}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.ServiceUnavailable)]
    public async Task Health_KafkaAway_IsLiveButNotReady(string path, HttpStatusCode status)
    {
        using var response = await _host.Client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Stop_KafkaAway_IsClean() => Assert.Equal(0, await _host.StopAsync());

    [Fact]
    public async Task Track_UnknownKey_Is401AllTheSame()
    {
        using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""", key: "other");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }
}
