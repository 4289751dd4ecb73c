using System.Text;
using Cdp.Hosting.Configuration;

namespace Cdp.Ingestion.Sources;

/// <summary>Reads the <c>webhook:</c> section of a source's file.</summary>
public static class WebhookReader
{
    private const string Schemes = "none, secret, stripe, github, shopify, slack or zendesk";

    /// <param name="section">The section.</param>
    /// <param name="environment">Returns the value of an environment variable that <c>secret_env</c> names; null if it is not set.</param>
    public static Verification Read(YamlSection section, Func<string, string?> environment)
    {
        var verify = section.Section("verify");
        if (verify is null && section.Node("verify") is null)
        {
            section.AddError($"'verify' is missing; write verify: {{scheme: …}} with one of {Schemes}");
        }
        section.RejectUnknownKeys();
        if (verify is null) return new Verification(Scheme.None, [], TimeSpan.Zero);

        var scheme = ReadScheme(verify);
        var (header, parameter, basic) = (verify.Text("header"), verify.Text("parameter"), verify.Flag("basic", false));
        var places = (header is null ? 0 : 1) + (parameter is null ? 0 : 1) + (basic ? 1 : 0);
        if (scheme == Scheme.Secret && places != 1)
        {
            verify.AddError(
                "scheme", "the scheme 'secret' must say where the secret is sent; write exactly one of header: NAME, parameter: NAME or basic: true");
        }
        if (scheme is not (null or Scheme.Secret) && places > 0)
        {
            verify.AddError("'header', 'parameter' and 'basic' are only for the scheme 'secret'; remove them");
        }
        var secrets = ReadSecrets(verify, environment);
        if (scheme == Scheme.None && secrets.Count > 0)
        {
            verify.AddError("scheme", "the scheme 'none' does not use a secret; choose another scheme, or remove the secret");
        }
        if (scheme is not (null or Scheme.None) && secrets.Count == 0 && verify.Texts("secret_env").Count == 0)
        {
            verify.AddError("the secret is missing; write secret_env: VARIABLE, or secret: TEXT");
        }
        var tolerance = verify.Duration("tolerance", TimeSpan.FromMinutes(5));
        verify.RejectUnknownKeys();
        return new Verification(scheme ?? Scheme.None, secrets, tolerance) { SecretHeader = header, SecretParameter = parameter };
    }

    private static Scheme? ReadScheme(YamlSection verify)
    {
        switch (verify.RequiredText("scheme", $"use one of {Schemes}"))
        {
            case "none": return Scheme.None;
            case "secret": return Scheme.Secret;
            case "stripe": return Scheme.Stripe;
            case "github": return Scheme.GitHub;
            case "shopify": return Scheme.Shopify;
            case "slack": return Scheme.Slack;
            case "zendesk": return Scheme.Zendesk;
            case "": return null;
            case var other:
                verify.AddError("scheme", $"'{other}' is not a scheme; use one of {Schemes}");
                return null;
        }
    }

    private static List<byte[]> ReadSecrets(YamlSection verify, Func<string, string?> environment)
    {
        var secrets = verify.Texts("secret").Select(Encoding.UTF8.GetBytes).ToList();
        foreach (var variable in verify.Texts("secret_env"))
        {
            if (environment(variable) is { Length: > 0 } found) secrets.Add(Encoding.UTF8.GetBytes(found));
            else verify.AddError("secret_env", $"the environment variable {variable} is not set; set it to the secret before starting the service");
        }
        return secrets;
    }
}
