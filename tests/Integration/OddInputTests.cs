using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Stack;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>Odd but legitimate input through all services: no customer is lost, duplicated or merged with a stranger.</summary>
public sealed class OddInputTests(TestStack stack)
{
    private const string WriteKey = "odd-write-key";

    [Fact]
    public async Task Send_OddInput_CreatesTheProfilesThatTheSendersIntended()
    {
        await using var cluster = await stack.ClusterAsync(RedisKind.OfStack);
        cluster.AddSource("shop", WriteKey);
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service), cluster.StartAsync(
                ValidationService.Service), cluster.StartAsync(IdentityService.Service), cluster.StartAsync(ProfilesService.Service));
        using var shop = Api.Sender(started[0], WriteKey);
        using var identity = Api.Client(started[2]);
        using var profiles = Api.Client(started[3]);

        // Half a surrogate pair in the name of a trait.
        await shop.SendAsync("batch", Case("trait-name-lone-surrogate.json"));
        await profiles.UntilProfileAsync("user_id/u-sur", "anonymous_id=pc-2,user_id=u-sur bad\uFFFD=v,ok=1 $identify=1");

        // Placeholders in place of identifiers.
        foreach (var line in Lines("placeholder-ids.ndjson")) await shop.SendAsync("batch", $$"""{"batch":[{{line}}]}""");
        await profiles.UntilProfileAsync("email/ada@example.com", "email=ada@example.com,user_id=p-ada email=ada@example.com $identify=1");
        await profiles.UntilProfileAsync("email/x@example.com", "anonymous_id=dev-x,email=x@example.com email=x@example.com $identify=1");
        await profiles.UntilProfileAsync("email/y@example.com", "anonymous_id=dev-y,email=y@example.com email=y@example.com $identify=1");
        Assert.Null(await profiles.FindAsync("/v1/profiles/user_id/NaN"));
        Assert.Null(await profiles.FindAsync("/v1/profiles/anonymous_id/%5Bobject%20Object%5D"));

        // Numbers in any notation, also in lookups.
        foreach (var line in Lines("number-ids.ndjson")) await shop.SendAsync("batch", $$"""{"batch":[{{line}}]}""");
        await shop.SendAsync("group", """{"userId":55520.0,"groupId":42.0,"traits":{"seats":5}}""");
        await shop.SendAsync("track", """{"anonymousId":" till\u00a0","context":{"externalIds":[{"type":"user_id","id":"\u200b55520.0"}]},"event":"Bought"}""");
        foreach (var id in new[] { "user_id/55520", "user_id/55520.0", "user_id/%2055520%20", "anonymous_id/till" })
        {
            await profiles.UntilProfileAsync(id, "anonymous_id=till,user_id=55520 a=1,b=1,c=1,d=1 $group=1,$identify=4,Bought=1");
        }
        await profiles.UntilProfileAsync("group_id/42.0", "group_id=42 seats=5 $group=1");
        Assert.Null(await profiles.FindAsync("/v1/profiles/user_id/0"));
        Assert.NotNull(await identity.FindAsync("/v1/identity/user_id/55520.0"));

        // Implausible times.
        await shop.SendAsync("identify", """{"userId":"h1","traits":{"plan":"new"}}""");
        await shop.SendAsync("import", Case("import-unreadable-time.json"));
        await profiles.UntilProfileAsync("user_id/h1", "user_id=h1 plan=new $identify=2");
        var now = DateTime.UtcNow;
        var stale = Case("stale-sent-at.json").Replace("NOW-14d-1h", Iso(now.AddDays(-14).AddHours(-1)), StringComparison.Ordinal);
        await shop.SendAsync("batch", stale.Replace("NOW-1h", Iso(now.AddHours(-1)), StringComparison.Ordinal));
        await shop.SendAsync("identify", """{"userId":"f1","traits":{"plan":"paid"}}""");
        await profiles.UntilProfileAsync("user_id/f1", "user_id=f1 plan=paid $identify=2");
        var lastSeen = (await profiles.FindAsync("/v1/profiles/user_id/f1"))!.Value.GetProperty("last_seen").GetDateTime();
        Assert.InRange(lastSeen, now.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));

        // Numbers that do not fit into a double, and a repeated name.
        await shop.SendAsync(
            "identify", """{"userId":"n1","traits":{"huge":1e999,"plan":"a","pl\u0061n":"b","long":1234567890123456789012345678901234567890}}""");
        await profiles.UntilProfileAsync("user_id/n1", "user_id=n1 huge=1e999,long=1234567890123456789012345678901234567890,plan=b $identify=1");

        // Unmerging and rebuilding work with all of this input.
        using var answer = await identity.PostAsJsonAsync(
            "/v1/identity/unmerge", new { identifiers = new[] { new { type = "anonymous_id", value = " pc-2" } }, reason = "test" },
            TestContext.Current.CancellationToken);
        Assert.Equal("done", (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("status").GetString());
        var rebuild = cluster.Process("Profiles", new Dictionary<string, string?> { ["rebuild"] = "check" });
        rebuild.Start();
        Assert.True(await rebuild.ExitAsync() is 0 or 1, string.Join('\n', rebuild.Lines));
        Assert.All(started, service => Assert.Equal(0, service.ExitCode));
    }

    private static string Case(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cases", name)).TrimEnd('\n');

    private static string[] Lines(string name) => Case(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Iso(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
