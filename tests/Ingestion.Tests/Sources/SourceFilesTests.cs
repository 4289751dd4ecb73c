using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class SourceFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sources-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_WholeFile_GivesTheSource()
    {
        var (sources, errors) = Read($"""
            id: shop-web
            type: web
            write_keys: [{WriteKeys.Hash("one")}, {WriteKeys.Hash("two")}]
            enabled: false
            origins: [https://shop.example, https://*.shop.example]
            limits:
              events_per_second: 100
              burst: 500
              event_bytes: 1000
            """);

        Assert.Empty(errors);
        var source = Assert.Single(sources);
        Assert.Equal(("shop-web", SourceType.Web, false, new Rate(100, 500), 1000, 2500), (source.Id, source.Type, source.Enabled, source.Rate, source.Limits.EventBytes, source.Limits.BatchEvents));
        Assert.NotNull(new WriteKeys(sources).Find("two"));
        Assert.True(source.Origins.Allow("https://www.shop.example"));
        Assert.False(source.Origins.Allow("https://shop.example.org"));
    }

    [Fact]
    public void Read_EveryFault_IsToldWithFileAndLine()
    {
        var (_, errors) = Read(
            """
            id: a b
            type: browser
            write_keys: [plain]
            enabled: yes
            origins: [shop.example]
            limits:
              burst: 5
              event_bytes: 1000000
            colour: red
            """,
            $"id: b\ntype: web\nwrite_keys: {WriteKeys.Hash("k")}\n",
            $"id: b\ntype: web\nwrite_keys: {WriteKeys.Hash("k")}\n",
            "id: c\n");

        var at = errors.Select(error => string.Join(':', Path.GetFileName(error.Split(": ")[0]))).ToList();
        Assert.Equal(["0.yaml:1", "0.yaml:2", "0.yaml:3", "0.yaml:4", "0.yaml:5", "0.yaml:7", "0.yaml:8", "0.yaml:9", "2.yaml:1", "2.yaml:3", "3.yaml:1", "3.yaml:1"], at.Order(StringComparer.Ordinal));
    }

    private (IReadOnlyList<Source> Sources, List<string> Errors) Read(params string[] files)
    {
        for (var i = 0; i < files.Length; i++) File.WriteAllText(Path.Combine(_folder, $"{i}.yaml"), files[i]);
        var errors = new List<string>();
        return (SourceFiles.Read([_folder], new LimitOptions(), errors), errors);
    }
}
