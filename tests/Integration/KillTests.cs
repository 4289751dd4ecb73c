using cdp;
using Cdp.Contracts;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.Local;
using Xunit;

namespace Cdp.Integration;

/// <summary>Services die in the middle of their work and are started again; every event still counts, and counts once.</summary>
public sealed class KillTests(TestStack stack)
{
    private static readonly Secrets Secrets = new("integration-write-key", "", "");

    // A dead member's partitions stay with it until its session of 10 s has timed out, and the work of that time is then caught up.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Kill_EveryService_FoldsEachEventOnceAndDeliversAllInOrder()
    {
        await using var hook = await Hook.StartAsync();
        await using var cluster = await stack.ClusterAsync();
        await File.WriteAllTextAsync(Path.Combine(cluster.Destinations, "hook.yaml"), $"id: hook\ntype: webhook\nurl: {hook.Url}\n", TestContext.Current.CancellationToken);
        cluster.AddSource("shop", Secrets.WriteKey);
        var ingestion = cluster.Process("Ingestion");
        ServiceProcess[] loops = [cluster.Process("Fanout"), cluster.Process("Profiles"), cluster.Process("Identity"), cluster.Process("Validation")];
        ServiceProcess[] all = [.. loops, ingestion];
        foreach (var process in all) process.Start();
        await Task.WhenAll(all.Select(process => process.UntilReadyAsync()));

        using var shop = new Shop(Secrets.WriteKey);
        using var enough = new CancellationTokenSource();
        var sending = Task.WhenAll(shop.SendAsync("u", () => ingestion.Url, enough.Token), shop.SendAsync("v", () => ingestion.Url, enough.Token));
        try
        {
            // From the last to the first, so that each still gets work from those before it.
            foreach (var loop in loops) await KillAtWorkAsync(loop, () => loop.CounterAsync("cdp_stream_records_in"));
            await KillAtWorkAsync(ingestion, () => Task.FromResult<double>(shop.Acknowledged));
        }
        finally
        {
            await enough.CancelAsync();
        }
        await sending;
        TestContext.Current.TestOutputHelper?.WriteLine($"{shop.Acknowledged} events of {shop.Users.Count} users, {shop.Retries} requests sent again");

        await Eventually.TrueAsync(() => hook.Arrived.Distinct().Count() == shop.Acknowledged, "the webhook has every event", Bound);
        await Eventually.TrueAsync(async () => (await FoldedAsync(cluster)).SequenceEqual(Expected(shop)), "every event is folded into its user's profile", Bound);
        Assert.Equal(shop.Users.SelectMany(Shop.MessageIds).Order(), (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => record.envelope.messageId).Order());
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
        Assert.Empty(await cluster.ReadAllAsync<DeadDelivery>(Topics.DeliveriesDead));
        AssertInOrder(hook, shop);
        foreach (var process in all) Assert.Equal(0, await process.StopAsync());
    }

    // Killed when it has just done some of the work that keeps coming; then the next one dies while this one still starts to work again.
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

    private static string Summary(Profile profile) =>
        $"{string.Join(',', profile.identifiers.Select(identifier => identifier.value))}: {string.Join(',', profile.counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key}={count.Value.count}"))}";

    private static IEnumerable<string> Expected(Shop shop) =>
        shop.Users.Select(user => $"a-{user},{user}: $identify=1,Order Completed={Shop.Ordered},Product Viewed={Shop.Browsed}").Order(StringComparer.Ordinal);

    // The login makes a customer another profile, and order is kept per profile.
    private static void AssertInOrder(Hook hook, Shop shop)
    {
        var first = hook.Arrived.Distinct().Index().ToDictionary(arrival => arrival.Item, arrival => arrival.Index);
        foreach (var user in shop.Users)
        {
            AssertOrder(Shop.MessageIds(user).Take(Shop.Browsed));
            AssertOrder(Shop.MessageIds(user).Skip(Shop.Browsed));
        }

        void AssertOrder(IEnumerable<string> sent) => Assert.Equal(sent, sent.OrderBy(messageId => first[messageId]));
    }
}
