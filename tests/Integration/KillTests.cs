using cdp;
using Cdp.Contracts;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Xunit;

namespace Cdp.Integration;

/// <summary>Services are killed while they work and restarted. Every event still counts exactly once.</summary>
public sealed class KillTests(TestStack stack)
{
    private const string WriteKey = "integration-write-key";

    // A dead member keeps its partitions until its session times out after 10 s. After that, the backlog has to be processed.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Kill_EveryService_FoldsEachEventOnceAndDeliversAllInOrder()
    {
        await using var webhook = await WebhookReceiver.StartAsync();
        await using var cluster = await stack.ClusterAsync();
        cluster.AddDestination("webhook", webhook);
        cluster.AddSource("shop", WriteKey);
        var ingestion = cluster.Process("Ingestion");
        ServiceProcess[] loops = [cluster.Process("Fanout"), cluster.Process("Profiles"), cluster.Process("Identity"), cluster.Process("Validation")];
        ServiceProcess[] all = [.. loops, ingestion];
        foreach (var process in all) process.Start();
        await Task.WhenAll(all.Select(process => process.UntilReadyAsync()));

        using var shop = new Shop(WriteKey);
        using var enough = new CancellationTokenSource();
        var sending = Task.WhenAll(shop.SendAsync("u", () => ingestion.Url, enough.Token), shop.SendAsync("v", () => ingestion.Url, enough.Token));
        try
        {
            // From the last service to the first, so that each still receives work from those before it.
            foreach (var loop in loops) await KillAtWorkAsync(loop, () => loop.CounterAsync("cdp_stream_records_in"));
            await KillAtWorkAsync(ingestion, () => Task.FromResult<double>(shop.Acknowledged));
        }
        finally
        {
            await enough.CancelAsync();
        }
        await sending;
        TestContext.Current.TestOutputHelper?.WriteLine($"{shop.Acknowledged} events of {shop.Users.Count} users, {shop.Retries} requests retried");

        await Eventually.TrueAsync(
            () => webhook.Deliveries.DistinctBy(delivery => delivery.MessageId).Count() == shop.Acknowledged, "the webhook has every event", Bound);
        await Eventually.TrueAsync(
            async () => (await FoldedAsync(cluster)).SequenceEqual(Expected(shop)), "every event is folded into its user's profile", Bound);
        Assert.Equal(
            shop.Users.SelectMany(Shop.MessageIds).Order(),
            (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => record.envelope.messageId).Order());
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
        Assert.Empty(await cluster.ReadAllAsync<DeadDelivery>(Topics.DeliveriesDead));
        AssertInOrder(webhook, shop);
        foreach (var process in all) Assert.Equal(0, await process.StopAsync());
    }

    // Kills a service while it works. The next service is killed while this one is still starting.
    private static async Task KillAtWorkAsync(ServiceProcess process, Func<Task<double>> progress)
    {
        var before = await progress();
        await Eventually.TrueAsync(async () => await progress() >= before + 100, "there is work");
        await process.KillAsync();
        process.Start();
        await process.UntilLiveAsync();
    }

    private static async Task<IEnumerable<string>> FoldedAsync(Cluster cluster)
    {
        var last = new Dictionary<string, Profile>();
        foreach (var profile in await cluster.ReadAllAsync<Profile>(Topics.Profiles)) last[profile.profileId] = profile;
        return last.Values.Where(profile => profile.mergedInto is null).Select(Summary).Order(StringComparer.Ordinal);
    }

    private static string Summary(Profile profile)
    {
        var counts = profile.counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key}={count.Value.count}");
        return $"{string.Join(',', profile.identifiers.Select(identifier => identifier.value))}: {string.Join(',', counts)}";
    }

    private static IEnumerable<string> Expected(Shop shop) =>
        shop.Users.Select(user => $"a-{user},{user}: $identify=1,Order Completed={Shop.Ordered},Product Viewed={Shop.Browsed}").Order(StringComparer.Ordinal);

    // The login changes the customer's profile, and order is kept per profile.
    private static void AssertInOrder(WebhookReceiver webhook, Shop shop)
    {
        var first = webhook.Deliveries
            .DistinctBy(delivery => delivery.MessageId).Index()
            .ToDictionary(delivery => delivery.Item.MessageId, delivery => delivery.Index);
        foreach (var user in shop.Users)
        {
            AssertOrder(Shop.MessageIds(user).Take(Shop.Browsed));
            AssertOrder(Shop.MessageIds(user).Skip(Shop.Browsed));
        }

        void AssertOrder(IEnumerable<string> sent) => Assert.Equal(sent, sent.OrderBy(messageId => first[messageId]));
    }
}
