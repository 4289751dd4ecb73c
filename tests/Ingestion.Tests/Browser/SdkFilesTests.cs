using System.Net;
using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

[Trait("tier", "integration")]
public sealed class SdkFilesTests : IClassFixture<BrowserHost>
{
    private readonly BrowserHost _host;

    public SdkFilesTests(BrowserHost host)
    {
        _host = host;
        Directory.CreateDirectory(Path.Combine(host.Files, "deep"));
        Write("a.js", "plain");
        Write("a.js.gz", "zipped");
        Write("a.js.br", "brotli");
        Write("stale.js", "new");
        Write("stale.js.gz", "old");
        File.SetLastWriteTimeUtc(Path.Combine(host.Files, "stale.js.gz"), DateTime.UtcNow.AddDays(-1));
        Write("deep/module.mjs", "export {}");
        Write("a.js.map", "{}");
        Write("tool.exe", "x");
        Write(".secret.js", "x");
        Write("../outside.js", "x");
    }

    [Theory]
    [InlineData("a.js", "text/javascript; charset=utf-8", "plain")]
    [InlineData("deep/module.mjs", "text/javascript; charset=utf-8", "export {}")]
    [InlineData("a.js.map", "application/json", "{}")]
    public async Task Get_File_AllowsAnyOriginAndCaching(string path, string contentType, string content)
    {
        using var response = await GetAsync(path);

        Assert.Equal((200, contentType, content), ((int)response.StatusCode, response.Content.Headers.ContentType!.ToString(), await response.ReadTextAsync()));
        Assert.Equal(
            ("public, max-age=3600", "*", "nosniff"),
            (response.Headers.CacheControl!.ToString(), Header(response, "Access-Control-Allow-Origin"), Header(response, "X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("a.js", "gzip, deflate, br, zstd", "br", "brotli")]
    [InlineData("a.js", "gzip", "gzip", "zipped")]
    [InlineData("a.js", "br;q=0, gzip;q=0.5", "gzip", "zipped")]
    [InlineData("a.js", "identity", null, "plain")]
    [InlineData("stale.js", "gzip", null, "new")]
    public async Task Get_AcceptEncoding_ServesTheBestUpToDateVariant(string path, string accepted, string? encoding, string content)
    {
        using var response = await GetAsync(path, $"Accept-Encoding: {accepted}");

        Assert.Equal((encoding, content), (response.Content.Headers.ContentEncoding.SingleOrDefault(), await response.ReadTextAsync()));
        Assert.Equal("text/javascript", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Accept-Encoding", response.Headers.Vary);
    }

    [Fact]
    public async Task Get_IfNoneMatch_Returns304UntilTheFileChanges()
    {
        using var first = await GetAsync("a.js");
        using var unchanged = await GetAsync("a.js", $"If-None-Match: {first.Headers.ETag}");
        Write("a.js", "PLAIN");
        using var changed = await GetAsync("a.js", $"If-None-Match: {first.Headers.ETag}");

        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.OK), (unchanged.StatusCode, changed.StatusCode));
        Assert.NotEqual(first.Headers.ETag, changed.Headers.ETag);
    }

    [Theory]
    [InlineData("../outside.js")]
    [InlineData("%2e%2e/outside.js")]
    [InlineData("..%2foutside.js")]
    [InlineData("deep/..%5c..%5c..%5coutside.js")]
    [InlineData("%00a.js")]
    [InlineData(".secret.js")]
    [InlineData("tool.exe")]
    [InlineData("deep")]
    [InlineData("deep/")]
    [InlineData("")]
    [InlineData("missing.js")]
    public async Task Get_PathThatIsNotServed_IsNotFound(string path)
    {
        using var response = await GetAsync(path);

        Assert.Contains(response.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.BadRequest });
    }

    [Fact]
    public async Task Head_File_ReturnsTheLengthWithoutABody()
    {
        using var response = await _host.SendAsync(HttpMethod.Head, "/assets/js/a.js");

        Assert.Equal((200, 5), ((int)response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Get_BundledScript_IsServedFromTheSamePath()
    {
        using var response = await GetAsync("remember.js");

        Assert.Equal("text/javascript", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("rememberVisitor", await response.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_TestPageEnabled_IsServedUncached()
    {
        using var page = await GetAsync("test");

        Assert.Equal(("text/html", "no-store"), (page.Content.Headers.ContentType!.MediaType, page.Headers.CacheControl!.ToString()));
    }

    private Task<HttpResponseMessage> GetAsync(string path, params string[] headers) => _host.SendAsync(HttpMethod.Get, $"/assets/js/{path}", null, headers);

    private void Write(string path, string content) => File.WriteAllText(Path.Combine(_host.Files, path), content, new UTF8Encoding(false));

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}

/// <summary>The SDK path alone is configured, without a folder and without the test page.</summary>
[Trait("tier", "integration")]
public sealed class SdkFilesUnsetTests(SdkFilesUnsetTests.Host host) : IClassFixture<SdkFilesUnsetTests.Host>
{
    [Theory]
    [InlineData("/own/remember.js", HttpStatusCode.OK)]
    [InlineData("/own/test", HttpStatusCode.NotFound)]
    [InlineData("/own/a.js", HttpStatusCode.NotFound)]
    [InlineData("/assets/js/remember.js", HttpStatusCode.NotFound)]
    public async Task Get_OnlyAPathConfigured_ServesTheBundledScriptOnly(string path, HttpStatusCode status)
    {
        using var response = await host.SendAsync(HttpMethod.Get, path);

        Assert.Equal(status, response.StatusCode);
    }

    public sealed class Host : BrowserHost
    {
        protected override string[] Settings => ["--Sdk:Path=/own"];
    }
}
