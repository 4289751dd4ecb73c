using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

/// <summary>The service as browsers see it, without Kafka: what they ask for before they send needs none. Requests come from a trusted proxy.</summary>
public class BrowserHost : IAsyncLifetime
{
    private const string Nowhere = "127.0.0.1:9";

    private readonly string _folder = Directory.CreateTempSubdirectory("browser-").FullName;

    internal IngestionHost Service { get; private set; } = null!;

    /// <summary>What is served at /assets/js.</summary>
    public string Files => Path.Combine(_folder, "files");

    /// <summary>The files of sources, each named by its write key.</summary>
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
        Service = await IngestionHost.StartAsync(Nowhere, $"http://{Nowhere}", [$"--Sources:1={Sources}", "--TrustedProxies:0=127.0.0.1", .. Settings]);
    }

    /// <summary>Sends a request with headers, each <c>Name: value</c>.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params string[] headers)
    {
        // A path as it is: Uri would tidy it up, as a browser would and an attacker would not.
        var url = new Uri(Service.Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, url);
        if (body is not null) request.Content = new StringContent(body);
        foreach (var header in headers) request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        return Service.Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        // The watch is waiting for Kafka inside the client, which must not be taken away from it.
        await Service.StopAsync();
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void WriteSource(string key, string rest) => File.WriteAllText(Path.Combine(Sources, $"{key}.yaml"), $"id: {key}\nwrite_keys: {WriteKeys.Hash(key)}\n{rest}\n");
}
