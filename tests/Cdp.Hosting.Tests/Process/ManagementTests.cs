using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Streaming.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Tests.Process;

/// <summary>Details and metrics are on the management port only; the port of the API has only a bare status.</summary>
[Trait("tier", "integration")]
public sealed class ManagementTests : IAsyncLifetime
{
    private static readonly ServiceDefinition Service = new(
        "demo", 0, _ => { }, app => app.MapGetAndHead("/v1/{thing}", (string thing) => Results.Text($"a {thing}", "text/plain")));

    private readonly WebApplication _app = Build(Service);
    private readonly HttpClient _http = new();

    public async ValueTask InitializeAsync() => await _app.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Ready_OnTheManagementPort_NamesThePartsAndOnTheApisPortNothing()
    {
        var readiness = _app.Services.GetRequiredService<Readiness>();
        readiness.Report("the shop", false, "waiting for 'Ada'");
        Assert.Equal((503, ""), await AskAsync(Api("/health/ready")));
        var (status, body) = await AskAsync(Management("/health/ready"));
        Assert.Equal(503, status);
        Assert.Equal("waiting for 'Ada'", JsonDocument.Parse(body).RootElement.GetProperty("parts").GetProperty("the shop").GetProperty("detail").GetString());

        readiness.Report("the shop", true);
        Assert.Equal((200, ""), await AskAsync(Api("/health/ready")));
        Assert.Equal(200, (await AskAsync(Management("/health/ready"))).Status);
    }

    [Fact]
    public async Task Live_OnBothPorts_IsAnswered()
    {
        Assert.Equal((200, ""), await AskAsync(Api("/health/live")));
        Assert.Equal((200, ""), await AskAsync(Management("/health/live")));
    }

    [Fact]
    public async Task Metrics_OnTheManagementPort_AreThereAndOnTheApisPortNot()
    {
        Assert.Equal(404, (await AskAsync(Api("/metrics"))).Status);
        var (status, text) = await AskAsync(Management("/metrics"));
        Assert.Equal(200, status);
        Assert.Contains("dotnet_", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/ready")]
    public async Task Management_AskedForAtTheApisPortByItsHostHeader_IsNotThere(string path)
    {
        _app.Services.GetRequiredService<Readiness>().Report("the shop", true, "a detail");
        using var request = new HttpRequestMessage(HttpMethod.Get, Api(path));
        request.Headers.Host = new Uri(_app.Urls.Last()).Authority;
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Api_AskedForAtTheManagementPort_IsNotThere() => Assert.Equal((404, ""), await AskAsync(Management("/v1/thing")));

    [Theory]
    [InlineData(true, "/v1/thing")]
    [InlineData(true, "/health/live")]
    [InlineData(true, "/health/ready")]
    [InlineData(false, "/health/live")]
    [InlineData(false, "/health/ready")]
    [InlineData(false, "/metrics")]
    public async Task Head_WhereverGetIs_HasTheSameHeadersAndNoBody(bool isApi, string path)
    {
        _app.Services.GetRequiredService<Readiness>().Report("the shop", true);
        var url = isApi ? Api(path) : Management(path);
        using var get = await _http.GetAsync(url, TestContext.Current.CancellationToken);
        using var head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, url), TestContext.Current.CancellationToken);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        // The server omits the length of an empty body, and the metrics have changed meanwhile.
        if (path != "/metrics" && get.Content.Headers.ContentLength > 0) Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Management_OtherMethod_Answers405WithAllowedMethods()
    {
        using var response = await _http.PostAsync(Management("/health/ready"), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Metrics_AfterArbitraryRequests_ContainNothingTheSenderChose()
    {
        const string Canary = "canary4711";
        string[] requests =
        [
            $"GET /{Canary} HTTP/1.1\r\nHost: h\r\n",
            $"GET /v1/{Canary} HTTP/1.1\r\nHost: h\r\n",
            $"{Canary.ToUpperInvariant()} /v1/x HTTP/1.1\r\nHost: h\r\n",
            $"GET /v1/x?q={Canary} HTTP/1.1\r\nHost: {Canary}.example\r\nUser-Agent: {Canary}\r\nX-Forwarded-Host: {Canary}\r\n",
            $"GET http://{Canary}/v1/x HTTP/1.1\r\nHost: {Canary}\r\n",
        ];
        foreach (var request in requests)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, new Uri(_app.Urls.First()).Port, TestContext.Current.CancellationToken);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{request}Connection: close\r\n\r\n"), TestContext.Current.CancellationToken);
            using var reader = new StreamReader(socket.GetStream());
            Assert.StartsWith("HTTP/1.1 ", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        var (_, text) = await AskAsync(Management("/metrics"));
        Assert.Contains("http_server_request_duration_seconds_count", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Build_ServiceWithoutApi_ListensForManagementOnly()
    {
        await using var app = Build(Service with { HasApi = false });
        await app.StartAsync(TestContext.Current.CancellationToken);
        var url = Assert.Single(app.Urls);
        Assert.Equal(200, (await AskAsync(new Uri(new Uri(url), "/health/live"))).Status);
        Assert.Equal(404, (await AskAsync(new Uri(new Uri(url), "/v1/thing"))).Status);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("Address is 'nowhere'", "--Address=nowhere")]
    [InlineData("Management:Address is 'nowhere'", "--Management:Address=nowhere")]
    [InlineData("Port is 70000", "--Port=70000")]
    [InlineData("Management:Port is 70000 (by default Port + 10000)", "--Port=60000")]
    [InlineData("Port and Management:Port are both 8080", "--Port=8080", "--Management:Port=8080")]
    [InlineData("'http'", "--Management:Port=http")]
    public void Build_InvalidListener_NamesKeyAndValue(string error, params string[] args)
    {
        var e = Assert.Throws<ConfigurationException>(() => CdpHost.Build(Service, args));
        Assert.Contains(e.Errors, found => found.Contains(error, StringComparison.Ordinal));
    }

    private static WebApplication Build(ServiceDefinition service) =>
        CdpHost.Build(service, ["--Address=127.0.0.1", "--Port=0"], builder => builder.Logging.ClearProviders());

    private Uri Api(string path) => new(new Uri(_app.Urls.First()), path);

    private Uri Management(string path) => new(new Uri(_app.Urls.Last()), path);

    private async Task<(int Status, string Body)> AskAsync(Uri url)
    {
        using var response = await _http.GetAsync(url, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
