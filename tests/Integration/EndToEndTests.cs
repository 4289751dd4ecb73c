using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cdp.Fanout;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Stack;
using Cdp.Local;
using Cdp.Local.Demo;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>From an unmodified SDK to the profile and to another system's webhook, through all services.</summary>
public sealed class EndToEndTests(TestStack stack)
{
    private static readonly Secrets Secrets = new("integration-write-key", "", "");

    [Theory]
    [InlineData("segment", RedisKind.OfStack)]
    [InlineData("rudderstack", RedisKind.OfStack)]
    [InlineData("rudderstack-plain", RedisKind.OfStack)]
    [InlineData("segment", RedisKind.RedisServer)]
    public async Task Send_FromSdk_ReachesProfileAndWebhook(string sdk, RedisKind redis)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var cluster = await stack.ClusterAsync(redis);
        await File.WriteAllTextAsync(Path.Combine(cluster.Destinations, "webhook.yaml"), $"id: test\ntype: webhook\nurl: {receiver.Url}\nsecret: {WebhookReceiver.Secret}\n", TestContext.Current.CancellationToken);
        cluster.AddSource("shop", Secrets.WriteKey);
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service),
            cluster.StartAsync(ValidationService.Service),
            cluster.StartAsync(IdentityService.Service),
            cluster.StartAsync(ProfilesService.Service),
            cluster.StartAsync(FanoutService.Service));
        var (ingestion, profiles) = (started[0], started[3]);

        await Node.RunAsync("send.js", sdk, ingestion.Url, Secrets.WriteKey, "ada");

        await Eventually.TrueAsync(async () => await ProfileAsync(profiles) is { } profile && Summary(profile) == Expected, "the profile is as the story tells it");
        var delivery = await receiver.WaitForAsync("Order Completed", TimeSpan.FromSeconds(30));
        Assert.True(delivery?.IsSigned, "the webhook gets the order, signed");
        Assert.All(started, service => Assert.Equal(0, service.ExitCode));
    }

    private const string Expected = "anonymous_id=ada-device,user_id=ada name=Customer ada,plan=pro $identify=1,$page=1,Order Completed=1,Product Viewed=1";

    internal static string Summary(JsonElement profile) => string.Join(' ',
        string.Join(',', profile.GetProperty("identifiers").EnumerateArray().Select(identifier => $"{identifier.GetProperty("type")}={identifier.GetProperty("value")}")),
        string.Join(',', profile.GetProperty("traits").EnumerateObject().Select(trait => $"{trait.Name}={trait.Value}")),
        string.Join(',', profile.GetProperty("counts").EnumerateObject().Select(count => $"{count.Name}={count.Value.GetProperty("count")}")));

    private static async Task<JsonElement?> ProfileAsync(RunningService profiles)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Cluster.Token);
        using var response = await http.GetAsync($"{profiles.Url}/v1/profiles/user_id/ada");
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        return JsonSerializer.Deserialize<JsonElement>(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }
}
