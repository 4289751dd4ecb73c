using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Webhooks;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

/// <summary>Payloads that vendors have published (see samples/README.md), and the headers that the vendors send with them.</summary>
internal static class VendorSample
{
    public const string Secret = "it's a secret";

    public static readonly Dictionary<string, EventMapping> Presets = Ingestion.Mapping.Yaml.Presets.Names.ToDictionary(
        name => name,
        name => Ingestion.Tests.Mapping.Mappings.Read($"preset: {name}"));

    public static byte[] Body(string vendor, string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Webhooks", "samples", vendor, $"{name}.json"));

    public static IEnumerable<(string Vendor, string Name)> All =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Webhooks", "samples"), "*.json", SearchOption.AllDirectories)
            .Select(file => (Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetFileNameWithoutExtension(file)));

    /// <summary>The headers of a delivery, without its signature.</summary>
    public static Dictionary<string, string> Headers(string vendor, string name) => vendor switch
    {
        "github" => new() { ["x-github-event"] = name.Split('.')[0], ["x-github-delivery"] = "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
        "shopify" => new()
        {
            ["x-shopify-topic"] = name.Replace('-', '/'),
            ["x-shopify-event-id"] = "98880550-7158-44d4-b7cd-2c97c8a091b5",
            ["x-shopify-shop-domain"] = "johns-apparel.myshopify.com",
            ["x-shopify-api-version"] = "2024-01",
        },
        _ => [],
    };

    /// <summary>The headers that sign a delivery, computed as the documentation of the vendor describes.</summary>
    public static Dictionary<string, string> Signature(string scheme, byte[] body, DateTime at, string secret = Secret)
    {
        var seconds = new DateTimeOffset(at).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var iso = at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return scheme switch
        {
            "stripe" => new()
            {
                ["Stripe-Signature"] = $"t={seconds},v1={Hex($"{seconds}.")},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
            },
            "github" => new() { ["X-Hub-Signature-256"] = $"sha256={Hex("")}" },
            "shopify" => new() { ["X-Shopify-Hmac-Sha256"] = Convert.ToBase64String(Hmac("")) },
            "slack" => new() { ["X-Slack-Signature"] = $"v0={Hex($"v0:{seconds}:")}", ["X-Slack-Request-Timestamp"] = seconds },
            "zendesk" => new() { ["X-Zendesk-Webhook-Signature"] = Convert.ToBase64String(Hmac(iso)), ["X-Zendesk-Webhook-Signature-Timestamp"] = iso },
            _ => throw new ArgumentOutOfRangeException(nameof(scheme)),
        };

        string Hex(string prefix) => Convert.ToHexStringLower(Hmac(prefix));
        byte[] Hmac(string prefix) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes(prefix), .. body]);
    }

    public static MappingResult Map(string vendor, string name) => Presets[vendor].Map(Payload(Body(vendor, name), Headers(vendor, name)));

    public static List<JsonObject> Events(string vendor, string name)
    {
        var result = Map(vendor, name);
        Assert.Empty(result.Faults);
        return [.. result.Events.Select(made => JsonNode.Parse(made)!.AsObject())];
    }

    public static Payload Payload(byte[] body, Dictionary<string, string> headers)
    {
        Assert.Null(PayloadReader.Read(body, "application/json", out var payload, out _));
        return new Payload(payload, System.Text.Json.JsonSerializer.SerializeToElement(headers));
    }
}
