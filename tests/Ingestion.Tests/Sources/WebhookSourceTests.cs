using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

[Trait("tier", "integration")]
public sealed class WebhookSourceTests : IDisposable
{
    private readonly SourceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_WebhookSource_HasVerificationAndMapping()
    {
        var (source, errors) = _folder.ReadOne("type: webhook\nwebhook: {verify: {scheme: github, secret: s}}\nmapping: {preset: github}");

        Assert.Empty(errors);
        Assert.Equal((SourceType.Webhook, Scheme.GitHub), (source.Type, source.Verification!.Scheme));
        Assert.NotNull(source.Mapping);
    }

    [Fact]
    public void Read_MappingOfAServerSource_IsForItsImports()
    {
        var (source, errors) = _folder.ReadOne("type: server\nmapping: {rules: [{events: [{type: identify, userId: $.id}]}]}");

        Assert.Empty(errors);
        Assert.Null(source.Verification);
        Assert.Single(source.Mapping!.Map(Tests.Mapping.Mappings.ParseJson("""{"id":1}""")).Events);
    }

    [Theory]
    [InlineData("type: webhook\nmapping: {preset: github}", "0.yaml:1: 'webhook' is missing, which a source of type webhook needs; ")]
    [InlineData("type: webhook\nwebhook: {verify: {scheme: none}}", "0.yaml:1: 'mapping' is missing, which a source of type webhook needs; ")]
    [InlineData("type: server\nwebhook: {verify: {scheme: none}}", "0.yaml:4: 'webhook' is only for sources of type webhook; ")]
    [InlineData(
        "type: webhook\nwebhook: {verify: {scheme: none}}\nmapping:\n  rules:\n    - events: [{type: identify, userId: $.person.id}]\n  samples:\n"
        + "    - name: nobody\n      payload: {person: {}}",
        "0.yaml:9: the sample 'nobody' could not be mapped: the rule at 0.yaml:7 applies, but userId ($.person.id) found no value; ")]
    public void Read_Fault_NamesFileAndLine(string keys, string fault) =>
        Assert.StartsWith(_folder.PathOf(fault), Assert.Single(_folder.ReadOne(keys).Errors));
}
