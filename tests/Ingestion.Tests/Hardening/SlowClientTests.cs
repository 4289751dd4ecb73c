using System.Diagnostics;
using System.Net.Sockets;
using Cdp.Ingestion.Receiving;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Slow senders use one connection each, do not block others, and are eventually disconnected.</summary>
[Trait("tier", "integration")]
public sealed class SlowClientTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    private const int Clients = 100;
    private const string Head = "POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\n";

    private readonly CancellationTokenSource _bound = new(TimeSpan.FromMinutes(2));
    private IngestionHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        // Only two requests at a time: if each of the hundred senders occupied a place, all other senders would be refused.
        _host = await kafka.StartHostAsync("--Limits:Requests=2", "--Limits:BodySeconds=4");
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
    public async Task Batch_SlowSenders_AreDisconnectedWithoutBlockingOthers(string rest, int bytes, int everyMilliseconds)
    {
        var connections = await OpenAsync(Head + rest);
        try
        {
            var dripping = connections.Select(connection => DripAsync(connection, bytes, TimeSpan.FromMilliseconds(everyMilliseconds))).ToList();
            var cut = Task.WhenAll(connections.Select(connection => connection.UntilClosedAsync(_bound.Token)));
            // All other senders are served without delay until the last slow sender is disconnected.
            while (!cut.IsCompleted)
            {
                var watch = Stopwatch.StartNew();
                await _host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
                await Task.WhenAny(cut, Task.Delay(100, _bound.Token));
            }
            await cut;
            await Task.WhenAll(dripping);
            await _host.WaitUntilIdleAsync();
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    /// <summary>
    /// The senders have small receive buffers, so the service is soon unable to send further answers. With buffers of the default size it would answer
    /// hundreds of thousands of requests first, and be busy rather than blocked at the time of the test's own request.
    /// </summary>
    [Fact]
    public async Task Track_SendersThatNeverReadAnswers_DoNotBlockOthers()
    {
        var connections = await OpenAsync("");
        try
        {
            var flooding = connections.Take(10).ToList();
            flooding.ForEach(connection => connection.ReceiveBuffer = 4096);
            var request = string.Concat(Enumerable.Repeat("POST /v1/track?writeKey=unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 1000));
            var sending = Task.WhenAll(flooding.Select(connection => connection.SendUntilClosedAsync(request, _bound.Token)));

            await UntilBlockedAsync(flooding);
            // Disconnected senders would take up no resources, so the test would show nothing about blocked ones.
            Assert.False(sending.IsCompleted, "the service disconnected the senders before it was blocked");
            await _host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
        await _host.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task Batch_BodiesAbortedHalfWay_ReleaseTheirReservations()
    {
        for (var round = 0; round < 5; round++)
        {
            var connections = await OpenAsync(Head + "Content-Length: 100000\r\n\r\n" + new string(' ', 50_000));
            connections.ForEach(connection => connection.Dispose());
        }
        await _host.WaitUntilIdleAsync();
        await _host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
    }

    [Fact]
    public async Task Connect_TooManyConnections_ClosesTheExtraOnesAndRecovers()
    {
        await using var host = await kafka.StartHostAsync("--Limits:Connections=50");
        var connections = new List<RawConnection>();
        // Including the client's own connection, this is one more than the service allows. Which connection it closes depends on the order in which it accepts
        // them.
        for (var i = 0; i < 50; i++) connections.Add(await RawConnection.OpenAsync(host.Port, _bound.Token));
        await await Task.WhenAny(connections.Select(connection => connection.UntilClosedAsync(_bound.Token)));

        await host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
        connections.ForEach(connection => connection.Dispose());
        host.Client.DefaultRequestHeaders.ConnectionClose = true;
        await host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
        await Eventually.TrueAsync(() => IsServedAsync(host), "a new connection is served");
    }

    /// <summary>Sends an event over a new connection, which the service closes until it has noticed that the others are gone.</summary>
    private static async Task<bool> IsServedAsync(IngestionHost host)
    {
        try
        {
            await host.PostAsync("/v1/track", """{"userId":"u"}""").AssertSuccessAsync();
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>
    /// Waits until the service has answered every sender, and 200 checks in a row find that it has received nothing more and is not working on a request.
    /// Checks are counted rather than time, because on a busy machine half a second may pass between two of them.
    /// </summary>
    private async Task UntilBlockedAsync(IReadOnlyList<RawConnection> senders)
    {
        var admission = _host.Services.GetRequiredService<Admission>();
        var (sent, idle) = (0L, 0);
        while (idle < 200)
        {
            var total = senders.Sum(sender => sender.Sent);
            idle = total == sent && admission.Requests == 0 && senders.All(sender => sender.Unread > 0) ? idle + 1 : 0;
            sent = total;
            await Task.Delay(2, _bound.Token);
        }
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
            // Disconnected by the service.
        }
    }
}
