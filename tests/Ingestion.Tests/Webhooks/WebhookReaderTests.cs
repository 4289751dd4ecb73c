using System.Text;
using Cdp.Hosting;
using Cdp.Ingestion.Webhooks;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class WebhookReaderTests
{
    [Fact]
    public void Read_AWholeSection_GivesTheVerification()
    {
        var (verification, errors) = Read("verify: {scheme: stripe, secret: old, secret_env: [SET], tolerance: 10m}");

        Assert.Empty(errors);
        Assert.Equal((Scheme.Stripe, TimeSpan.FromMinutes(10), "old,from the environment"), (verification.Scheme, verification.Tolerance, string.Join(',', verification.Secrets.Select(Encoding.UTF8.GetString))));
    }

    [Theory]
    [InlineData("verify: {scheme: none}")]
    [InlineData("verify: {scheme: secret, header: X-Token, secret: s}")]
    [InlineData("verify: {scheme: secret, parameter: token, secret: s}")]
    [InlineData("verify: {scheme: secret, basic: true, secret: s}")]
    public void Read_EverySchemeWithWhatItNeeds_IsNoFault(string yaml) => Assert.Empty(Read(yaml).Errors);

    [Theory]
    [InlineData("{}", "'verify' is missing; write verify: {scheme: …} with one of none, secret, stripe, github, shopify, slack or zendesk")]
    [InlineData("verify: {secret: s}", "'scheme' is missing; use one of ")]
    [InlineData("verify: {scheme: strip, secret: s}", "'strip' is not a scheme; use one of ")]
    [InlineData("verify: {scheme: stripe}", "there is no secret; write secret_env: VARIABLE, or secret: TEXT")]
    [InlineData("verify: {scheme: stripe, secret_env: UNSET}", "the environment variable UNSET is not set; set it to the secret")]
    [InlineData("verify: {scheme: none, secret: s}", "the scheme 'none' looks at no secret; ")]
    [InlineData("verify: {scheme: secret, secret: s}", "the scheme 'secret' needs the place of the secret; ")]
    [InlineData("verify: {scheme: secret, secret: s, header: a, basic: true}", "the scheme 'secret' needs the place of the secret; ")]
    [InlineData("verify: {scheme: slack, secret: s, header: a}", "'header', 'parameter' and 'basic' are for the scheme 'secret' alone; ")]
    [InlineData("verify: {scheme: none, tolerence: 1m}", "'tolerence' is not a key here; ")]
    public void Read_AFault_IsNamedWithItsRemedy(string yaml, string fault) => Assert.StartsWith("s.yaml:1: " + fault, Assert.Single(Read(yaml).Errors));

    private static (Verification Verification, List<string> Errors) Read(string yaml)
    {
        var errors = new List<string>();
        return (WebhookReader.Read(YamlSection.Read("s.yaml", new StringReader(yaml), errors)!, name => name == "SET" ? "from the environment" : null), errors);
    }
}
