using System.Text;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class WebhookReaderTests
{
    [Fact]
    public void Read_CompleteSection_ReturnsTheVerification()
    {
        var (verification, errors) = Read("verify: {scheme: stripe, secret: old, secret_env: [SET], tolerance: 10m}");

        Assert.Empty(errors);
        Assert.Equal(
            (Scheme.Stripe, TimeSpan.FromMinutes(10), "old,from the environment"),
            (verification.Scheme, verification.Tolerance, string.Join(',', verification.Secrets.Select(Encoding.UTF8.GetString))));
    }

    [Theory]
    [InlineData("verify: {scheme: none}")]
    [InlineData("verify: {scheme: secret, header: X-Token, secret: s}")]
    [InlineData("verify: {scheme: secret, parameter: token, secret: s}")]
    [InlineData("verify: {scheme: secret, basic: true, secret: s}")]
    public void Read_CompleteScheme_ReportsNothing(string yaml) => Assert.Empty(Read(yaml).Errors);

    [Theory]
    [InlineData("{}", "'verify' is missing; write verify: {scheme: …} with one of none, secret, stripe, github, shopify, slack or zendesk")]
    [InlineData("verify: {secret: s}", "'scheme' is missing; use one of ")]
    [InlineData("verify: {scheme: strip, secret: s}", "'strip' is not a scheme; use one of ")]
    [InlineData("verify: {scheme: stripe}", "the secret is missing; write secret_env: VARIABLE, or secret: TEXT")]
    [InlineData("verify: {scheme: stripe, secret_env: UNSET}", "the environment variable UNSET is not set; set it to the secret before starting the service")]
    [InlineData("verify: {scheme: none, secret: s}", "the scheme 'none' does not use a secret; ")]
    [InlineData("verify: {scheme: secret, secret: s}", "the scheme 'secret' must say where the secret is sent; ")]
    [InlineData("verify: {scheme: secret, secret: s, header: a, basic: true}", "the scheme 'secret' must say where the secret is sent; ")]
    [InlineData("verify: {scheme: slack, secret: s, header: a}", "'header', 'parameter' and 'basic' are only for the scheme 'secret'; ")]
    [InlineData("verify: {scheme: none, tolerence: 1m}", "'tolerence' is not a known key; ")]
    public void Read_Fault_NamesTheRemedy(string yaml, string fault) => Assert.StartsWith("s.yaml:1: " + fault, Assert.Single(Read(yaml).Errors));

    private static (Verification Verification, List<string> Errors) Read(string yaml)
    {
        var errors = new List<string>();
        return (WebhookReader.Read(YamlSection.Read("s.yaml", new StringReader(yaml), errors)!, name => name == "SET" ? "from the environment" : null), errors);
    }
}
