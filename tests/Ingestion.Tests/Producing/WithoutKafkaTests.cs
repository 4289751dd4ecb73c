using System.Diagnostics;
using System.Net;
using Cdp.Ingestion.Producing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Ingestion.Tests.Producing;

/// <summary>The service while neither Kafka nor the schema registry can be reached.</summary>
[Trait("tier", "integration")]
public sealed class WithoutKafkaTests : IAsyncLifetime
{
    private IngestionHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestionHost.StartWithoutKafkaAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Track_KafkaUnreachable_Returns503WithRetryAfterWithoutWaiting()
    {
        var watch = Stopwatch.StartNew();
        using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Equal(
            """{"success":false,"error":{"code":"unavailable","message":"service unavailable"}}""",
            await response.ReadTextAsync());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.ServiceUnavailable)]
    public async Task Health_KafkaUnreachable_IsLiveButNotReady(string path, HttpStatusCode status)
    {
        using var response = await _host.Client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    /// <summary>The tests of <see cref="Cdp.Streaming.Clients.ClientCalls"/> show that it also waits for a call that is in progress.</summary>
    [Fact]
    public async Task Probe_HostDisposed_ThrowsInsteadOfCallingTheClient()
    {
        var host = await IngestionHost.StartWithoutKafkaAsync();
        var producer = host.Services.GetRequiredService<EventProducer>();

        await host.DisposeAsync();

        Assert.Contains("the Kafka client is closed", Assert.Throws<ObjectDisposedException>(producer.Probe).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StopAsync_KafkaUnreachable_ExitsWithZero() => Assert.Equal(0, await _host.StopAsync());

    [Fact]
    public async Task Track_UnknownWriteKeyWhileKafkaIsUnreachable_Returns401() =>
        await _host.PostAsync("/v1/track", """{"userId":"u"}""", key: "other").AssertRefusedAsync(401, "unknown_write_key");
}
