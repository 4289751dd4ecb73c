using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cdp.Ingestion.Receiving;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Senders that take their time hold a connection each, keep nobody out, and are cut.</summary>
public sealed class SlowClientTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    private const int Clients = 100;
    private const string Head = "POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\n";

    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(40));
    private IngestionHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        // Two at one time: a hundred who held a place each would keep everybody out. What they buffer together would not find room for a large body.
        _host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, kafka.Options.SchemaRegistry, "--Limits:Requests=2", "--Limits:BodySeconds=4");
        await _host.UntilReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _bound.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("Content-Length: 100000\r\n\r\n", 1, 1000)]
    [InlineData("Content-Length: 100000\r\n\r\n", 500, 250)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n186A0\r\n", 500, 250)]
    [InlineData("Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n", 500, 250)]
    [InlineData("X-Slow: ", 1, 1000)]
    public async Task Senders_Slow_KeepNobodyOutAndAreCut(string rest, int bytes, int everyMilliseconds)
    {
        var connections = await OpenAsync(Head + rest);
        try
        {
            var dripping = connections.Select(connection => DripAsync(connection, bytes, TimeSpan.FromMilliseconds(everyMilliseconds))).ToList();
            var cut = Task.WhenAll(connections.Select(connection => connection.UntilClosedAsync(_bound.Token)));
            // Until the last of them is cut, everybody else is served at once.
            while (!cut.IsCompleted)
            {
                var watch = Stopwatch.StartNew();
                using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
                await Task.WhenAny(cut, Task.Delay(100, _bound.Token));
            }
            await cut;
            await Task.WhenAll(dripping);
            await UntilNothingIsHeldAsync(_host);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Answers_NeverRead_KeepNobodyOut()
    {
        var connections = await OpenAsync("");
        try
        {
            var request = string.Concat(Enumerable.Repeat("POST /v1/track?writeKey=unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 1000));
            // Many requests at once, until the service takes no more of them because their answers find no room.
            await Task.WhenAll(connections.Take(10).Select(async connection =>
            {
                using var blocked = CancellationTokenSource.CreateLinkedTokenSource(_bound.Token);
                try
                {
                    while (true)
                    {
                        blocked.CancelAfter(TimeSpan.FromSeconds(1));
                        await connection.SendAsync(request, blocked.Token);
                    }
                }
                catch (Exception e) when (e is OperationCanceledException or SocketException)
                {
                    // Blocked, or cut already.
                }
            }));
            Assert.False(_bound.IsCancellationRequested);

            using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
        await UntilNothingIsHeldAsync(_host);
    }

    [Fact]
    public async Task Bodies_AbortedHalfWay_GiveBackAllTheyHeld()
    {
        for (var round = 0; round < 5; round++)
        {
            var connections = await OpenAsync(Head + "Content-Length: 100000\r\n\r\n" + new string(' ', 50_000));
            connections.ForEach(connection => connection.Dispose());
        }
        await UntilNothingIsHeldAsync(_host);
        using var response = await _host.PostAsync("/v1/track", """{"userId":"u"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Connections_AboveTheBound_AreClosedAndOthersServedAgainAfterwards()
    {
        await using var host = await IngestionHost.StartAsync(kafka.Options.BootstrapServers, kafka.Options.SchemaRegistry, "--Limits:Connections=50");
        await host.UntilReadyAsync();
        var connections = new List<RawConnection>();
        for (var i = 0; i < 49; i++) connections.Add(await RawConnection.OpenAsync(host.Port, _bound.Token));
        using (var more = await RawConnection.OpenAsync(host.Port, _bound.Token)) await more.UntilClosedAsync(_bound.Token);

        using (var response = await host.PostAsync("/v1/track", """{"userId":"u"}""")) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        connections.ForEach(connection => connection.Dispose());
        host.Client.DefaultRequestHeaders.ConnectionClose = true;
        await host.UntilAsync(HttpStatusCode.OK, () => host.PostAsync("/v1/track", """{"userId":"u"}"""));
        await host.UntilAsync(HttpStatusCode.OK, () => host.PostAsync("/v1/track", """{"userId":"u"}"""));
    }

    internal static async Task UntilNothingIsHeldAsync(IngestionHost host)
    {
        var admission = host.Services.GetRequiredService<Admission>();
        var watch = Stopwatch.StartNew();
        while (admission.Requests != 0 || admission.Bytes != 0)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{admission.Requests} requests and {admission.Bytes} bytes are still held");
            await Task.Delay(20);
        }
        Assert.Empty(host.Log.Errors);
    }

    private async Task<List<RawConnection>> OpenAsync(string start)
    {
        var connections = new List<RawConnection>();
        for (var i = 0; i < Clients; i++)
        {
            var connection = await RawConnection.OpenAsync(_host.Port, _bound.Token);
            connections.Add(connection);
            await connection.SendAsync(start, _bound.Token);
        }
        return connections;
    }

    private async Task DripAsync(RawConnection connection, int bytes, TimeSpan pause)
    {
        try
        {
            while (true)
            {
                await Task.Delay(pause, _bound.Token);
                await connection.SendAsync(new string(' ', bytes), _bound.Token);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
