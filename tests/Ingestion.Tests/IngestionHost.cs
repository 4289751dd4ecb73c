using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cdp.Hosting.Process;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cdp.Ingestion.Tests;

/// <summary>
/// The service, hosted in the test process in the same way as in its own, on a free port. It has two server sources from the start: <c>src</c> with
/// the write key WK, and <c>off</c> with the write key OFF, which is disabled. It drops the events of the user <c>forget-me</c>.
/// </summary>
internal sealed class IngestionHost : IAsyncDisposable
{
    /// <summary>An address that refuses connections: nothing listens on the discard port of the loopback interface.</summary>
    public const string UnreachableAddress = "127.0.0.1:9";

    /// <summary>How many partitions the service gives each topic.</summary>
    public const int Partitions = 3;

    private readonly WebApplication _app;

    private IngestionHost(WebApplication app, string sources, ServiceLog log)
    {
        _app = app;
        Sources = sources;
        Log = log;
        Client = CreateClient(app.Urls.First());
        Management = CreateClient(app.Urls.Last());
    }

    public HttpClient Client { get; }

    /// <summary>Sends to the port of health and metrics.</summary>
    public HttpClient Management { get; }

    /// <summary>The folder of the source files.</summary>
    public string Sources { get; }

    /// <summary>The folder in which this host keeps Parquet files while it reads them.</summary>
    public string Imports => ImportsFolder(Sources);

    public int Port => Client.BaseAddress!.Port;

    /// <summary>The errors that the service has logged.</summary>
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
                "--Port=0", $"--Kafka:BootstrapServers={bootstrapServers}", $"--Kafka:SchemaRegistry={registry}", $"--Kafka:Partitions={Partitions}",
                $"--Sources:0={sources}", $"--SuppressedUsers={suppressed}", $"--Imports:Folder={ImportsFolder(sources)}",
                .. settings,
            ],
            builder => builder.Logging.ClearProviders().AddProvider(log));
        await app.StartAsync();
        return new IngestionHost(app, sources, log);
    }

    /// <summary>Starts the service with neither Kafka nor a schema registry to reach.</summary>
    public static Task<IngestionHost> StartWithoutKafkaAsync(params string[] settings) =>
        StartAsync(UnreachableAddress, $"http://{UnreachableAddress}", settings);

    /// <summary>The Authorization header that carries a write key, or a user and a password.</summary>
    public static AuthenticationHeaderValue BasicAuthentication(string user, string password = "") =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    /// <summary>Writes the file of a source. The running service reads it within seconds.</summary>
    /// <param name="id">The id of the source, which also names its file.</param>
    /// <param name="writeKey">The only write key of the source.</param>
    /// <param name="settings">The other keys of the file, as YAML.</param>
    public void WriteSource(string id, string writeKey, string settings) => WriteSource(Sources, id, writeKey, settings);

    /// <summary>Writes the file of a source and waits until the service knows its write key, which must not have been in use before.</summary>
    public async Task AddSourceAsync(string id, string writeKey, string settings)
    {
        WriteSource(id, writeKey, settings);
        // A body that is not JSON: whatever the type of the source, nothing is written and nothing counts against its rate.
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await PostAsync("/v1/track", "{", writeKey);
                return response.StatusCode != HttpStatusCode.Unauthorized;
            },
            $"the write key of source {id} is known");
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json, string? key = "WK", string? encoding = null) =>
        PostAsync(path, Encoding.UTF8.GetBytes(json), key, encoding);

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? key = "WK", string? encoding = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        if (key is not null) request.Headers.Authorization = BasicAuthentication(key);
        return Client.SendAsync(request);
    }

    /// <summary>Sends a request with headers, each as <c>Name: value</c>. The path is sent exactly as given.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params string[] headers)
    {
        // By default Uri normalizes a path, as a browser would, but an attacker would not.
        var url = new Uri(
            Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, url) { Content = content };
        foreach (var header in headers)
        {
            var (name, value) = (header.Split(": ", 2)[0], header.Split(": ", 2)[1]);
            HttpHeaders target = name.StartsWith("Content-", StringComparison.Ordinal) ? content!.Headers : request.Headers;
            target.TryAddWithoutValidation(name, value);
        }
        return Client.SendAsync(request);
    }

    /// <summary>Sends the request again and again until it is answered with this status.</summary>
    public Task WaitForStatusAsync(HttpStatusCode status, Func<Task<HttpResponseMessage>> request) =>
        Eventually.EqualAsync(
            status,
            async () =>
            {
                using var response = await request();
                return response.StatusCode;
            },
            "the status of the answer");

    public Task WaitUntilReadyAsync() => WaitForStatusAsync(HttpStatusCode.OK, () => Client.GetAsync("/health/ready"));

    /// <summary>Waits until the service has neither a request nor a body in memory, and checks that it has logged no error.</summary>
    public async Task WaitUntilIdleAsync()
    {
        var admission = Services.GetRequiredService<Admission>();
        await Eventually.EqualAsync((0, 0L), () => Task.FromResult((admission.Requests, admission.Bytes)), "the requests in progress and their bytes");
        Assert.Empty(Log.Errors);
    }

    /// <summary>Stops as a signal would, and returns the exit code that the process would have.</summary>
    public async Task<int> StopAsync()
    {
        await _app.StopAsync();
        return _app.Services.GetRequiredService<Failure>().ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Management.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(Sources, recursive: true);
    }

    private static string ImportsFolder(string sources) => Path.Combine(sources, "imports");

    private static HttpClient CreateClient(string url) =>
        new() { BaseAddress = new Uri(url.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)), Timeout = TimeSpan.FromSeconds(30) };

    private static void WriteSource(string folder, string id, string writeKey, string settings) =>
        File.WriteAllText(Path.Combine(folder, $"{id}.yaml"), $"id: {id}\nwrite_keys: {WriteKeys.Hash(writeKey)}\n{settings}\n");
}
