using System.Text.Json;
using Cdp.Destinations.BuiltIn;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Http;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

/// <summary>What holds of every built-in destination.</summary>
public sealed class CommonTests
{
    private static readonly string[] Events = [Samples.Order, Samples.Event, Samples.Anonymous, Samples.Identify, Samples.Page];

    public static TheoryData<string> Types => [.. BuiltInDestinations.All.Select(description => description.Type)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Preview_EveryPreset_HoldsNoSecret(string type)
    {
        using var destination = Vendor.Create(type, Settings(type));
        var shown = 0;
        foreach (var json in Events.Select(text => JsonElement.Parse(text)))
        {
            foreach (var preset in destination.Description.Presets.Where(preset => preset.Subscribe.Matches(json)))
            {
                var payload = preset.Mapping?.Map(json) ?? Values.Datum.Of(json);
                var preview = destination.Preview([Vendor.Item(preset.Action, json, payload)]);
                Assert.DoesNotContain("sEcret", preview, StringComparison.Ordinal);
                Assert.StartsWith("POST ", preview, StringComparison.Ordinal);
                Assert.Contains(Secrets.Mask, preview, StringComparison.Ordinal);
                shown++;
            }
        }
        Assert.True(shown > 0, "no preset matches any of the samples");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task SendAsync_AnyFailure_HoldsNoSecret(string type)
    {
        // A server that repeats everything that it was sent.
        await using var vendor = await Vendor.StartAsync(type, Settings(type), request =>
            new FakeAnswer(400, $"{request.Url} {string.Join(' ', request.Headers.Select(header => header.Value))} {request.Body}"));
        var result = await vendor.SendAsync(vendor.Item(type is "hubspot" ? Samples.Identify : Samples.Order));
        Assert.DoesNotContain("sEcret", Vendor.Reason(Assert.Single(result.Items)), StringComparison.Ordinal);
        Assert.NotEmpty(vendor.Requests);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task SendAsync_OverloadedServer_IsRetriedAfterTheTimeItNames(string type)
    {
        await using var vendor = await Vendor.StartAsync(type, Settings(type), _ => new FakeAnswer(503, "", ("Retry-After", "17")));
        var result = Assert.Single((await vendor.SendAsync(vendor.Item(type is "hubspot" ? Samples.Identify : Samples.Order))).Items);
        // Without an access token nothing is sent to Google Ads.
        if (type is "google-ads") Assert.IsType<DeliveryResult.Unreachable>(result);
        else Assert.Equal(("retry 503 17s", 503), (Vendor.Short(SendResult.PerItem([result])).Single(), ((DeliveryResult.Retry)result).Status));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Create_WithoutSettings_NamesEveryRequiredOne(string type)
    {
        var description = BuiltInDestinations.Find(type)!;
        var errors = new List<string>();
        Assert.Null(description.Create(JsonElement.Parse("{}"), _ => null, new HttpSenderOptions(), TimeProvider.System, errors));
        var required = description.Settings.Where(setting => setting.Required).ToList();
        Assert.Equal(
            required.Select(setting => $"{setting.Name} is missing; set it to: {setting.Description}"),
            errors.Select(error => error.Split(", or set ")[0]));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Create_CompleteSettings_ReturnsTheDestination(string type)
    {
        var errors = new List<string>();
        using var destination = BuiltInDestinations.Find(type)!
            .Create(JsonElement.Parse(Settings(type)), _ => null, new HttpSenderOptions(), TimeProvider.System, errors);
        Assert.Empty(errors);
        Assert.NotNull(destination);
    }

    [Fact]
    public void Preview_ItemsThatCarryTheNameOfARoute_AreThoseOfItsAction()
    {
        using var destination = BuiltInDestinations.Find("braze")!.Create(
            JsonElement.Parse("""{"endpoint":"https://rest.example","api_key":"k"}"""),
            _ => null,
            new HttpSenderOptions(),
            TimeProvider.System,
            [],
            new Dictionary<string, string> { ["vip orders"] = "track_purchase" });
        var order = Vendor.Payload("vip orders", """{"external_id":"u1","time":"2026-03-01T12:00:00Z","product_id":"p","currency":"EUR","price":1}""");
        Assert.Contains("""{"purchases":[{"external_id":"u1",""", destination!.Preview([order]), StringComparison.Ordinal);
        Assert.Equal(75, destination.Batch("vip orders").Items);
        Assert.Contains("has no action 'other'", Assert.Throws<ArgumentException>(() => destination.Batch("other")).Message, StringComparison.Ordinal);
    }

    // Every setting that is required or a secret.
    private static string Settings(string type)
    {
        var settings = BuiltInDestinations.Find(type)!.Settings.Where(setting => setting.Required || setting.Secret).ToDictionary(
            setting => setting.Name,
            setting => setting.Type switch
            {
                SettingType.Url => setting.Secret ? "https://vendor.example/sEcret/path" : (object)"https://vendor.example",
                SettingType.Headers => new Dictionary<string, string> { ["Authorization"] = "sEcret-header" },
                _ => setting.Secret ? $"sEcret-{setting.Name}" : "1234567890",
            });
        return JsonSerializer.Serialize(settings);
    }
}
