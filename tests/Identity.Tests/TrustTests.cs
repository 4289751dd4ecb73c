using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Text.Json;
using cdp;
using Cdp.Identifiers.Types;
using Cdp.Testing;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>What an untrusted source can do to customers whose identifiers its sender knows, tested with the complete service.</summary>
[Trait("tier", "integration")]
public sealed class TrustTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Service_AliasAndMerge_SkipLimitsOnlyFromATrustedSource()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var app = await stack.ServiceAsync();
        var labels = new List<string>();
        using var listener = Listener(labels);
        await stack.SendAsync(Given.Event("1", userId: "ada", anonymousId: "a"), Given.Event("2", userId: "ben", anonymousId: "b"));
        await stack.ReadAsync(identified: 2);

        const string Merge =
            """{"mergeProperties":[{"type":"user_id","value":"ada"},{"type":"user_id","value":"ben"},{"type":"email of ada@x.org","value":"x"}]}""";
        await stack.SendAsync(
            Given.Event("3", userId: "ada", previousId: "ben", type: "alias", trust: "public"),
            Given.Event("4", anonymousId: "a", type: "merge", extra: Merge, trust: null));
        await stack.ReadAsync(identified: 4);
        Assert.NotEqual(await RootAsync(stack, Given.User("ada")), await RootAsync(stack, Given.User("ben")));
        var claims = (await stack.DecisionsAsync()).Where(decision => decision.basis == "claim").ToList();
        Assert.NotEmpty(claims);
        Assert.All(
            claims,
            claim => Assert.Contains(claim.dropped, dropped => (dropped.type, dropped.value, dropped.reason) == ("user_id", "ben", "limit")));
        Assert.All(claims, claim => Assert.NotEqual("merged", claim.kind));

        // From a server the same call merges them, although a claim of the same identifiers was refused.
        await stack.SendAsync(Given.Event("5", anonymousId: "a", type: "merge", extra: Merge));
        await stack.ReadAsync(identified: 5);
        Assert.Equal(await RootAsync(stack, Given.User("ada")), await RootAsync(stack, Given.User("ben")));
        Assert.Equal(("merged", "statement"), (await stack.DecisionsAsync())[^1] is var last ? (last.kind, last.basis) : default);

        using var client = ServiceStack.Client(app);
        var found = await client.GetFromJsonAsync<JsonElement>("/v1/identity/user_id/ada?limit=1", TestContext.Current.CancellationToken);
        Assert.Equal("statement", Assert.Single(found.GetProperty("decisions").EnumerateArray()).GetProperty("basis").GetString());
        var path = $"/v1/identity/user_id/ada?earlier={found.GetProperty("earlier").GetString()}";
        var earlier = await client.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);
        Assert.Contains(
            earlier.GetProperty("decisions").EnumerateArray(),
            decision => decision.TryGetProperty("basis", out var basis) && basis.GetString() == "claim");
        foreach (var query in new[] { "limit=0", "limit=501", "limit=x", "earlier=17" })
        {
            using var refused = await client.GetAsync($"/v1/identity/user_id/ada?{query}", TestContext.Current.CancellationToken);
            Assert.Equal(400, (int)refused.StatusCode);
        }
        await app.StopAsync(TestContext.Current.CancellationToken);
        lock (labels)
        {
            Assert.NotEmpty(labels);
            Assert.All(labels, label => Assert.Contains(label, DefaultTypes.All.Select(type => type.Name).Append(IdentifierTypes.UnknownType)));
        }
    }

    [Fact]
    public async Task Service_EverNewDevicesOfOneUser_AddFewDecisionsAndLoseNoEvent()
    {
        const int Devices = 200;
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var app = await stack.ServiceAsync();
        var events = Enumerable.Range(0, Devices).Select(i => Given.Event($"{i:000}", userId: "ada", anonymousId: $"d{i}", trust: "public"));
        await stack.SendAsync([.. events]);
        var records = await stack.ReadAsync(Devices);

        var decisions = await stack.DecisionsAsync();
        var ada = Given.ProfileIds.Implied(Given.User("ada"));
        Assert.Equal(5, decisions.Count(decision => decision.kind == "linked"));
        var refusals = decisions.Where(decision => decision.kind == "limit").ToList();
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128], refusals.Select(decision => decision.times));
        Assert.All(refusals, decision => Assert.Equal(ada, decision.profileId));
        var ofAda = records.OfType<IdentifiedEvent>().Where(identified => identified.profileId == ada);
        Assert.Equal(Devices - 5, ofAda.Count(identified => identified.dropped.Any(dropped => dropped.reason == "limit")));
        await Eventually.TrueAsync(
            async () => (await stack.Store.RefusalCountsAsync([ada])).GetValueOrDefault((ada, "limit:anonymous_id")) == Devices - 5,
            "all refusals are counted");
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> RootAsync(ServiceStack stack, Identifier identifier) =>
        (await stack.Store.RootsAsync([identifier])).ByIdentifier[identifier];

    private static MeterListener Listener(List<string> types)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "cdp.identity.dropped") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (types)
            {
                foreach (var (name, value) in tags)
                {
                    if (name == "type") types.Add((string)value!);
                }
            }
        });
        listener.Start();
        return listener;
    }
}
