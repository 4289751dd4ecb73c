using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

/// <summary>
/// The service as browsers see it, without Kafka, which is not needed to answer the requests of browsers before they send events. Requests come from a trusted
/// proxy. The id of each source is also its write key.
/// </summary>
public class BrowserHost : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("browser-").FullName;

    internal IngestionHost Service { get; private set; } = null!;

    /// <summary>The folder that is served at /assets/js.</summary>
    public string Files => Path.Combine(_folder, "files");

    private string Sources => Path.Combine(_folder, "sources");

    protected virtual string[] Settings => ["--Sdk:Path=/assets/js", $"--Sdk:Folder={Files}", "--Sdk:TestPage=true"];

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Files);
        Directory.CreateDirectory(Sources);
        WriteSource("web", "type: web\norigins: https://shop.example\ncookie: { name: visitor, domain: shop.example }");
        WriteSource("own", "type: web\npublic_url: https://shop.example/t");
        WriteSource("cookie", "type: web\ncookie: {}");
        WriteSource("web-off", "type: web\nenabled: false");
        WriteSource("server", "type: server");
        WriteSource("hook", "type: webhook\nwebhook: { verify: { scheme: none } }\nmapping: { preset: stripe }");
        Service = await IngestionHost.StartWithoutKafkaAsync([$"--Sources:1={Sources}", "--TrustedProxies:0=127.0.0.1", .. Settings]);
    }

    /// <inheritdoc cref="IngestionHost.SendAsync"/>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params string[] headers) =>
        Service.SendAsync(method, path, body is null ? null : new StringContent(body), headers);

    public async ValueTask DisposeAsync()
    {
        // Stopped first: the Kafka watch is waiting inside the client, which must not be disposed while it is in use.
        await Service.StopAsync();
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void WriteSource(string key, string settings) =>
        File.WriteAllText(Path.Combine(Sources, $"{key}.yaml"), $"id: {key}\nwrite_keys: {WriteKeys.Hash(key)}\n{settings}\n");
}
