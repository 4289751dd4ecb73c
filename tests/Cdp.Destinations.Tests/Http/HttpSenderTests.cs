using System.Net;
using System.Net.Sockets;
using System.Text;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Http;
using Xunit;

namespace Cdp.Destinations.Tests.Http;

public sealed class HttpSenderTests
{
    private static readonly HttpSenderOptions Local = new() { AllowPrivate = true };

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendAsync_Request_ArrivesUnchangedAndReturnsTheResponse()
    {
        await using var server = await FakeServer.StartAsync(_ => new FakeAnswer(202, "accepted", ("X-One", "1"), ("Content-Type", "text/plain")));
        using var sender = new HttpSender(Local, TimeProvider.System);
        var request = new OutboundRequest(
            "PATCH", new Uri(server.Url, "/a%2Fb?c=d%20e"), [new("Content-Type", "application/vnd.api+json"), new("X-Two", "2")], "{}"u8.ToArray());
        var exchange = await sender.SendAsync(request, Stopping);
        var response = Assert.IsType<HttpExchange.Answered>(exchange).Response;
        var body = Encoding.UTF8.GetString(response.Body.Span);
        Assert.Equal((202, "1", "text/plain", "accepted", true),
            (response.Status, response.Headers["x-one"], response.Headers["content-type"], body, response.IsBodyComplete));
        var received = Assert.Single(server.Requests);
        Assert.Equal(("PATCH", $"{server.Url}a%2Fb?c=d%20e", "application/vnd.api+json", "2", "{}"),
            (received.Method, received.Url, received.Header("content-type"), received.Header("x-two"), received.Body));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("http://0177.0.0.1:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    [InlineData("http://127.0.0.1.:{0}/")]
    public async Task SendAsync_AddressThatIsNotPublic_IsRefusedWithoutConnecting(string url)
    {
        await using var server = await FakeServer.StartAsync(_ => new FakeAnswer(200));
        using var sender = new HttpSender(new HttpSenderOptions(), TimeProvider.System);
        var failed = Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(new Uri(string.Format(null, url, server.Url.Port))), Stopping));
        var refused = Assert.IsType<DeliveryResult.Refused>(failed.Result);
        Assert.Equal(HttpSender.RefusedAddressStatus, refused.Status);
        Assert.Contains("which is not public", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("allow private addresses", refused.Reason, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task SendAsync_HostWithOnePrivateAddressAmongPublicOnes_IsRefused()
    {
        using var sender = Resolving(new HttpSenderOptions(), "8.8.8.8", "10.1.2.3");
        var failed = Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(new Uri("http://mixed.example/")), Stopping));
        Assert.StartsWith("mixed.example has the address 10.1.2.3, which is not public (private)", Assert.IsType<DeliveryResult.Refused>(failed.Result).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_NameThatLeadsElsewhereLater_IsCheckedForEachConnection()
    {
        await using var server = await FakeServer.StartAsync(_ => new FakeAnswer(200, "", ("Connection", "close")));
        var resolutions = 0;
        using var sender = new HttpSender(
            Local,
            TimeProvider.System,
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(Interlocked.Increment(ref resolutions) < 2 ? "127.0.0.1" : "127.0.0.9")]));
        var url = new Uri($"http://rebinding.example:{server.Url.Port}/");
        Assert.IsType<HttpExchange.Answered>(await sender.SendAsync(Get(url), Stopping));
        // Kestrel listens on 127.0.0.1 alone, so a second connection to the second address fails: the name was resolved again.
        Assert.IsType<DeliveryResult.Unreachable>(Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(url), Stopping)).Result);
    }

    [Fact]
    public async Task SendAsync_Redirect_IsNotFollowed()
    {
        await using var server = await FakeServer.StartAsync(request =>
            request.Url.EndsWith("/elsewhere", StringComparison.Ordinal) ? new FakeAnswer(200) : new FakeAnswer(308, "", ("Location", "/elsewhere")));
        using var sender = new HttpSender(Local, TimeProvider.System);
        Assert.Equal(308, Assert.IsType<HttpExchange.Answered>(await sender.SendAsync(Get(server.Url), Stopping)).Response.Status);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task SendAsync_LongBody_IsReadUpToTheLimit()
    {
        await using var server = await FakeServer.StartAsync(
            request => new FakeAnswer(200, new string('x', HttpSender.MaxResponseBytes + (request.Method == "GET" ? 1 : 0))));
        using var sender = new HttpSender(Local, TimeProvider.System);
        var tooLong = Assert.IsType<HttpExchange.Answered>(await sender.SendAsync(Get(server.Url), Stopping)).Response;
        Assert.Equal((HttpSender.MaxResponseBytes, false), (tooLong.Body.Length, tooLong.IsBodyComplete));
        var exact = Assert.IsType<HttpExchange.Answered>(await sender.SendAsync(Get(server.Url) with { Method = "POST" }, Stopping)).Response;
        Assert.Equal((HttpSender.MaxResponseBytes, true), (exact.Body.Length, exact.IsBodyComplete));
    }

    [Fact]
    public async Task SendAsync_NoResponseInTime_IsWorthAnotherAttempt()
    {
        await using var server = await FakeServer.StartAsync(async (_, aborted) =>
        {
            await Task.Delay(Timeout.Infinite, aborted);
            return new FakeAnswer(200);
        });
        using var sender = new HttpSender(Local with { Timeout = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        var failed = Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(server.Url), Stopping));
        Assert.Equal(new DeliveryResult.Retry(null, "no response within 0.2 s"), failed.Result);
    }

    [Fact]
    public async Task SendAsync_Cancelled_Throws()
    {
        using var sender = new HttpSender(Local, TimeProvider.System);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.SendAsync(Get(new Uri("http://127.0.0.1:9/")), cancelled.Token));
    }

    [Fact]
    public async Task SendAsync_NobodyListens_IsUnreachable()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        using var sender = new HttpSender(Local, TimeProvider.System);
        Assert.IsType<DeliveryResult.Unreachable>(
            Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(new Uri($"http://127.0.0.1:{port}/")), Stopping)).Result);
    }

    [Fact]
    public async Task SendAsync_NameWithoutAddress_IsUnreachable()
    {
        using var sender = new HttpSender(Local, TimeProvider.System, (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        Assert.IsType<DeliveryResult.Unreachable>(
            Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(new Uri("http://nowhere.example/")), Stopping)).Result);
    }

    [Fact]
    public async Task SendAsync_ServerThatDoesNotSpeakTls_IsUnreachable()
    {
        await using var server = await FakeServer.StartAsync(_ => new FakeAnswer(200));
        using var sender = new HttpSender(Local, TimeProvider.System);
        Assert.IsType<DeliveryResult.Unreachable>(
            Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(Get(new Uri($"https://127.0.0.1:{server.Url.Port}/")), Stopping)).Result);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task SendAsync_ConnectionThatBreaksAfterTheRequest_IsWorthAnotherAttempt()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var breaking = Task.Run(async () =>
        {
            using var connection = await listener.AcceptTcpClientAsync(Stopping);
            await connection.GetStream().ReadAtLeastAsync(new byte[1_000], 1, cancellationToken: Stopping);
        }, Stopping);
        using var sender = new HttpSender(Local, TimeProvider.System);
        var post = new OutboundRequest("POST", new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"), [], "{}"u8.ToArray());
        Assert.IsType<DeliveryResult.Retry>(Assert.IsType<HttpExchange.Failed>(await sender.SendAsync(post, Stopping)).Result);
        await breaking;
    }

    private static OutboundRequest Get(Uri url) => new("GET", url, [], default);

    private static HttpSender Resolving(HttpSenderOptions options, params string[] addresses) =>
        new(options, TimeProvider.System, (_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray()));
}
