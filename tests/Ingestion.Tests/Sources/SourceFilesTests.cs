using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class SourceFilesTests : IDisposable
{
    private readonly SourceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_CompleteFile_ReturnsTheSource()
    {
        var (sources, errors) = _folder.Read($"""
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
        Assert.Equal(
            ("shop-web", SourceType.Web, false, new Rate(100, 500), 1000, 2500),
            (source.Id, source.Type, source.Enabled, source.Rate, source.Limits.EventBytes, source.Limits.BatchEvents));
        Assert.NotNull(new WriteKeys(sources).Find("two"));
        Assert.True(source.Origins.Allow("https://www.shop.example"));
        Assert.False(source.Origins.Allow("https://shop.example.org"));
    }

    [Fact]
    public void Read_IdAndKeyOfAnotherSource_NamesTheOtherFile()
    {
        var file = $"id: local\ntype: web\nwrite_keys: {WriteKeys.Hash("k")}\n";

        var (_, errors) = _folder.Read(file, file);

        Assert.Equal(
            [
                _folder.PathOf("1.yaml:1: the id 'local' is already used by the source in 0.yaml:1; choose another id"),
                _folder.PathOf("1.yaml:3: a write key is also used by the source 'local' in 0.yaml:1; use a different key for each source"),
            ],
            errors);
    }

    [Fact]
    public void Read_ManyFaults_ReportsEachWithFileAndLine()
    {
        var (_, errors) = _folder.Read(
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
        Assert.Equal(
            ["0.yaml:1", "0.yaml:2", "0.yaml:3", "0.yaml:4", "0.yaml:5", "0.yaml:7", "0.yaml:8", "0.yaml:9", "2.yaml:1", "2.yaml:3", "3.yaml:1", "3.yaml:1"],
            at.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("type: web", 2_000, 10_000)]
    [InlineData("type: web\nlimits: {event_bytes: 100}", 2_000, 10_000)]
    [InlineData("type: web\nlimits: {events_per_second: 50000}", 50_000, 50_000)]
    [InlineData("type: server", null, null)]
    public void Read_NoRate_UsesADefaultWhereAnyoneCanSend(string keys, int? perSecond, int? burst)
    {
        var (source, _) = _folder.ReadOne(keys);

        Assert.Equal((perSecond, burst), (source.Rate?.EventsPerSecond, source.Rate?.Burst));
    }

    [Theory]
    [InlineData("type: server", "server", "")]
    [InlineData("type: server\ntrust: public\nserver_only: [user_ids]", "public", "user_ids")]
    [InlineData("type: web", "public", "")]
    [InlineData("type: web\nserver_only: [user_traits, group_traits, user_traits]", "public", "user_traits,group_traits")]
    [InlineData("type: webhook\nwebhook: {verify: {scheme: github, secret: s}}\nmapping: {preset: github}", "public", "")]
    [InlineData("type: webhook\ntrust: server\nwebhook: {verify: {scheme: github, secret: s}}\nmapping: {preset: github}", "server", "")]
    public void Read_AnySource_HasItsTrust(string keys, string level, string withheld)
    {
        var (source, errors) = _folder.ReadOne(keys);

        Assert.Empty(errors);
        Assert.Equal((level, withheld), (source.Trust.Level, string.Join(',', source.Trust.Withheld)));
    }

    [Theory]
    [InlineData("type: web\ntrust: server", "0.yaml:4: a source of type web cannot have trust: server, because anyone can read its write key; ")]
    [InlineData("type: web\ntrust: full", "0.yaml:4: 'full' is not a level of trust; write server or public")]
    [InlineData(
        "type: web\nserver_only: [traits]",
        "0.yaml:4: 'traits' is not a known value; use one or more of user_ids, other_ids, user_traits, group_traits")]
    [InlineData("type: server\nserver_only: [user_traits]", "0.yaml:4: 'server_only' is only for sources with trust: public, and this one has trust: server; ")]
    [InlineData(
        "type: webhook\ntrust: server\nwebhook: {verify: {scheme: none}}\nmapping: {preset: github}",
        "0.yaml:4: 'trust: server' requires webhooks that prove who sent them; ")]
    public void Read_ImpossibleTrust_ReportsTheLine(string keys, string fault) =>
        Assert.StartsWith(_folder.PathOf(fault), Assert.Single(_folder.ReadOne(keys).Errors));
}
