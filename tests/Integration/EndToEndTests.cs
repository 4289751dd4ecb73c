using Cdp.Fanout;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Stack;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>An event travels from an unmodified SDK through all services to the profile and to another system's webhook.</summary>
public sealed class EndToEndTests(TestStack stack)
{
    private const string WriteKey = "integration-write-key";

    [Theory]
    [InlineData("segment", RedisKind.OfStack)]
    [InlineData("rudderstack", RedisKind.OfStack)]
    [InlineData("rudderstack-plain", RedisKind.OfStack)]
    [InlineData("segment", RedisKind.RedisServer)]
    public async Task Send_FromSdk_ReachesProfileAndWebhook(string sdk, RedisKind redis)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var cluster = await stack.ClusterAsync(redis);
        cluster.AddDestination("test", receiver);
        cluster.AddSource("shop", WriteKey);
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service),
            cluster.StartAsync(ValidationService.Service),
            cluster.StartAsync(IdentityService.Service),
            cluster.StartAsync(ProfilesService.Service),
            cluster.StartAsync(FanoutService.Service));
        var (ingestion, profiles) = (started[0], started[3]);

        await Node.RunAsync("send.js", sdk, ingestion.Url, WriteKey, "ada");

        using var api = Api.Client(profiles);
        await api.UntilProfileAsync("user_id/ada", Expected);
        var isOrder = (WebhookDelivery delivery) => delivery.Event == "Order Completed";
        await Eventually.TrueAsync(() => receiver.Deliveries.Any(isOrder), "the webhook receives the order");
        Assert.All(receiver.Deliveries.Where(isOrder), delivery => Assert.True(delivery.IsSigned));
        Assert.All(started, service => Assert.Equal(0, service.ExitCode));
    }

    private const string Expected = "anonymous_id=ada-device,user_id=ada name=Customer ada,plan=pro $identify=1,$page=1,Order Completed=1,Product Viewed=1";
}
