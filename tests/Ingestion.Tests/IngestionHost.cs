using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cdp.Hosting;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Tests.Hardening;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cdp.Ingestion.Tests;

/// <summary>The service as its own process would host it, on a free port, with the sources <c>src</c> (key WK) and <c>off</c> (key OFF, disabled).</summary>
internal sealed class IngestionHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private IngestionHost(WebApplication app, string sources, ServiceLog log)
    {
        _app = app;
        Sources = sources;
        Log = log;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public HttpClient Client { get; }

    /// <summary>The folder of the sources' files.</summary>
    public string Sources { get; }

    public int Port => Client.BaseAddress!.Port;

    /// <summary>What the service logged of errors.</summary>
    public ServiceLog Log { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<IngestionHost> StartAsync(string bootstrapServers, string registry, params string[] settings)
    {
        var sources = Directory.CreateTempSubdirectory("ingestion-sources-").FullName;
        WriteSource(sources, "src", "WK", "type: server");
        var suppressed = Path.Combine(sources, "suppressed-users.txt");
        File.WriteAllText(suppressed, "forget-me\n");
        WriteSource(sources, "off", "OFF", "type: server\nenabled: false");
        var log = new ServiceLog();
        var app = CdpHost.Build(
            IngestionService.Service,
            [
                "--Port=0", $"--Kafka:BootstrapServers={bootstrapServers}", $"--Kafka:SchemaRegistry={registry}", "--Kafka:Partitions=3",
                $"--Sources:0={sources}", $"--SuppressedUsers={suppressed}",
                .. settings,
            ],
            builder => builder.Logging.ClearProviders().AddProvider(log));
        await app.StartAsync();
        return new IngestionHost(app, sources, log);
    }

    /// <summary>Adds or changes a source; a running service sees it within seconds.</summary>
    public void WriteSource(string id, string writeKey, string rest) => WriteSource(Sources, id, writeKey, rest);

    public Task<HttpResponseMessage> PostAsync(string path, string json, string? key = "WK", string? encoding = null) => PostAsync(path, Encoding.UTF8.GetBytes(json), key, encoding);

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? key = "WK", string? encoding = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        return Client.SendAsync(request);
    }

    /// <summary>Waits until a request is answered with this status.</summary>
    public async Task UntilAsync(HttpStatusCode status, Func<Task<HttpResponseMessage>> request)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using var response = await request();
            if (response.StatusCode == status) return;
            if (waited.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException($"still {response.StatusCode} after {waited.Elapsed}: {await response.Content.ReadAsStringAsync()}");
            await Task.Delay(20);
        }
    }

    public Task UntilReadyAsync() => UntilAsync(HttpStatusCode.OK, () => Client.GetAsync("/health/ready"));

    /// <summary>Stops as a signal would, and answers the exit code that the process would have.</summary>
    public async Task<int> StopAsync()
    {
        await _app.StopAsync();
        return _app.Services.GetRequiredService<Failure>().ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(Sources, recursive: true);
    }

    private static void WriteSource(string folder, string id, string writeKey, string rest) =>
        File.WriteAllText(Path.Combine(folder, $"{id}.yaml"), $"id: {id}\nwrite_keys: {WriteKeys.Hash(writeKey)}\n{rest}\n");
}
