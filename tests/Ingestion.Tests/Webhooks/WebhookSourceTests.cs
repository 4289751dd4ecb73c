using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Webhooks;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class WebhookSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sources-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_AWebhookSource_HasVerificationAndMapping()
    {
        var (source, errors) = Read("type: webhook\nwebhook: {verify: {scheme: github, secret: s}}\nmapping: {preset: github}");

        Assert.Empty(errors);
        Assert.Equal((SourceType.Webhook, Scheme.GitHub), (source.Type, source.Verification!.Scheme));
        Assert.NotNull(source.Mapping);
    }

    [Fact]
    public void Read_AMappingOfAnotherSource_IsForItsImports()
    {
        var (source, errors) = Read("type: server\nmapping: {rules: [{events: [{type: identify, userId: $.id}]}]}");

        Assert.Empty(errors);
        Assert.Null(source.Verification);
        Assert.Single(source.Mapping!.Map(Tests.Mapping.Mappings.Json("""{"id":1}""")).Events);
    }

    [Theory]
    [InlineData("type: webhook\nmapping: {preset: github}", "s.yaml:1: 'webhook' is missing, which a source of type webhook needs; ")]
    [InlineData("type: webhook\nwebhook: {verify: {scheme: none}}", "s.yaml:1: 'mapping' is missing, which a source of type webhook needs; ")]
    [InlineData("type: server\nwebhook: {verify: {scheme: none}}", "s.yaml:4: 'webhook' is for sources of type webhook; ")]
    [InlineData("type: webhook\nwebhook: {verify: {scheme: none}}\nmapping:\n  rules:\n    - events: [{type: identify, userId: $.person.id}]\n  samples:\n    - name: nobody\n      payload: {person: {}}", "s.yaml:9: the sample 'nobody': is not placed: the rule at s.yaml:7 takes it, but userId ($.person.id) found nothing; ")]
    public void Read_AFault_IsNamedWithFileAndLine(string rest, string fault) => Assert.StartsWith(Path.Combine(_folder, fault), Assert.Single(Read(rest).Errors));

    private (Source Source, List<string> Errors) Read(string rest)
    {
        var errors = new List<string>();
        File.WriteAllText(Path.Combine(_folder, "s.yaml"), $"id: s\nwrite_keys: {WriteKeys.Hash("k")}\n{rest}\n");
        return (Assert.Single(SourceFiles.Read([_folder], new LimitOptions(), errors)), errors);
    }
}
