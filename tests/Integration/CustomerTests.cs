using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Stack;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>One customer through all services: found by every identifier, member of an account, unmerged, read as of a past time, and rebuilt.</summary>
public sealed class CustomerTests(TestStack stack)
{
    private const string WriteKey = "customer-write-key";

    [Theory]
    [InlineData(RedisKind.OfStack)]
    [InlineData(RedisKind.RedisServer)]
    public async Task Customer_LinkedThenUnmerged_HasTheExpectedProfileAtEachStep(RedisKind redis)
    {
        await using var cluster = await stack.ClusterAsync(redis);
        cluster.AddSource("shop", WriteKey);
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service), cluster.StartAsync(
                ValidationService.Service), cluster.StartAsync(IdentityService.Service), cluster.StartAsync(ProfilesService.Service));
        using var shop = Api.Sender(started[0], WriteKey);
        using var identity = Api.Client(started[2]);
        using var profiles = Api.Client(started[3]);

        // A shared computer in a library, a phone, and a company account.
        await shop.SendAsync("track", """{"messageId":"m1","anonymousId":"library","event":"Browsed","timestamp":"2026-01-01T10:00:00Z"}""");
        await shop.SendAsync(
            "identify",
            """{"messageId":"m2","userId":"ada","anonymousId":"library","traits":{"email":"Ada@X.org","plan":"free"},"timestamp":"2026-01-02T10:00:00Z"}""");
        await shop.SendAsync(
            "identify", """{"messageId":"m3","userId":"ada","anonymousId":"phone","traits":{"plan":"pro"},"timestamp":"2026-01-03T10:00:00Z"}""");
        await shop.SendAsync("group", """{"messageId":"m4","userId":"ada","groupId":"acme","traits":{"seats":5},"timestamp":"2026-01-04T10:00:00Z"}""");
        foreach (var name in new[] { "user_id/ada", "email/ADA@x.org", "anonymous_id/library", "anonymous_id/phone" })
        {
            await profiles.UntilProfileAsync(
                name, "anonymous_id=library,anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2,Browsed=1");
        }
        await profiles.UntilProfileAsync("group_id/acme", "group_id=acme seats=5 $group=1");
        var account = (await profiles.FindAsync("/v1/profiles/group_id/acme"))!.Value;
        Assert.Equal("ada", Assert.Single(account.GetProperty("members").EnumerateArray()).GetProperty("value").GetString());

        // As of a past time.
        await profiles.UntilProfileAsync(
            "user_id/ada?as_of=2026-01-02T12:00:00Z", "anonymous_id=library,email=ada@x.org,user_id=ada email=Ada@X.org,plan=free $identify=1,Browsed=1");

        // The shared computer is unmerged.
        using var answer = await identity.PostAsJsonAsync(
            "/v1/identity/unmerge", new { identifiers = new[] { new { type = "anonymous_id", value = "library" } }, reason = "a shared computer" },
            TestContext.Current.CancellationToken);
        var unmerged = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "done"), (answer.StatusCode, unmerged.GetProperty("status").GetString()));
        Assert.Equal(0, unmerged.GetProperty("report").GetProperty("kept").GetProperty("events").GetInt32());
        await profiles.UntilProfileAsync("anonymous_id/library", "anonymous_id=library  Browsed=1");
        await profiles.UntilProfileAsync("user_id/ada", "anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2");
        await shop.SendAsync("track", """{"messageId":"m5","anonymousId":"library","event":"Browsed"}""");
        await shop.SendAsync("track", """{"messageId":"m6","anonymousId":"phone","event":"Order Completed"}""");
        await profiles.UntilProfileAsync("anonymous_id/library", "anonymous_id=library  Browsed=2");
        await profiles.UntilProfileAsync(
            "email/ada@x.org", "anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2,Order Completed=1");
        var history = (await identity.FindAsync("/v1/identity/anonymous_id/library"))!.Value.GetProperty("decisions");
        Assert.Equal(
            ("split", "a shared computer"),
            (history[history.GetArrayLength() - 1].GetProperty("kind").GetString(), history[history.GetArrayLength() - 1].GetProperty("reason").GetString()));

        // A rebuild from the log gives the same profiles.
        var rebuild = cluster.Process("Profiles", new Dictionary<string, string?> { ["rebuild"] = "check" });
        rebuild.Start();
        Assert.True(await rebuild.ExitAsync() == 0, string.Join('\n', rebuild.Lines));
        Assert.Contains(rebuild.Lines, line => line.Contains(" 0 different, 0 still changing", StringComparison.Ordinal));
        Assert.All(started, service => Assert.Equal(0, service.ExitCode));
    }

    [Fact]
    public async Task Customer_WhoseIdentifiersAreKnown_IsProtectedFromPublicWriteKeys()
    {
        await using var cluster = await stack.ClusterAsync(RedisKind.OfStack);
        cluster.AddSource("shop", WriteKey);
        cluster.AddSource("pages", "pages-key", "type: web");
        cluster.AddSource("forms", "forms-key", "type: web\nserver_only: [user_traits, group_traits, other_ids]");
        cluster.AddSource("visitors", "visitors-key", "type: web\nserver_only: [user_ids]");
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service), cluster.StartAsync(
                ValidationService.Service), cluster.StartAsync(IdentityService.Service), cluster.StartAsync(ProfilesService.Service));
        using var shop = Api.Sender(started[0], WriteKey);
        using var pages = Api.Sender(started[0], "pages-key");
        using var forms = Api.Sender(started[0], "forms-key");
        using var visitors = Api.Sender(started[0], "visitors-key");
        using var identity = Api.Client(started[2]);
        using var profiles = Api.Client(started[3]);
        await shop.SendAsync("identify", """{"messageId":"m1","userId":"ben","traits":{"plan":"free"},"timestamp":"2026-01-01T10:00:00Z"}""");
        await shop.SendAsync(
            "identify", """{"messageId":"m2","userId":"ada","anonymousId":"phone","traits":{"plan":"pro"},"timestamp":"2026-01-02T10:00:00Z"}""");
        await shop.SendAsync("group", """{"messageId":"m3","userId":"ada","groupId":"acme","traits":{"seats":5},"timestamp":"2026-01-03T10:00:00Z"}""");
        await profiles.UntilProfileAsync("user_id/ada", "anonymous_id=phone,user_id=ada plan=pro $group=1,$identify=1");
        await profiles.UntilProfileAsync("user_id/ben", "user_id=ben plan=free $identify=1");

        // A public key cannot merge two strangers, and members that its source may not send change no profile.
        await pages.SendAsync("alias", """{"messageId":"m4","userId":"eve","previousId":"ada"}""");
        await pages.SendAsync("merge", """{"messageId":"m5","mergeProperties":[{"type":"user_id","value":"ada"},{"type":"user_id","value":"ben"}]}""");
        await forms.SendAsync(
            "identify",
            """{"messageId":"m6","userId":"ada","traits":{"plan":"none","email":"eve@x.org"},"context":{"externalIds":[{"type":"phone","id":"+43158858"}]}}""");
        await forms.SendAsync("group", """{"messageId":"m7","userId":"ada","groupId":"acme","traits":{"seats":999}}""");
        await visitors.SendAsync("track", """{"messageId":"m8","userId":"ada","anonymousId":"eve's","event":"Browsed"}""");
        // The previous id of an alias may be an anonymousId, which anyone may name.
        await profiles.UntilProfileAsync("user_id/eve", "anonymous_id=ada,user_id=eve  $alias=1");
        await profiles.UntilProfileAsync("user_id/ada", "anonymous_id=phone,user_id=ada plan=pro $group=2,$identify=2,$merge=1");
        await profiles.UntilProfileAsync("user_id/ben", "user_id=ben plan=free $identify=1");
        await profiles.UntilProfileAsync("group_id/acme", "group_id=acme seats=5 $group=2");
        await profiles.UntilProfileAsync("anonymous_id/eve's", "anonymous_id=eve's  Browsed=1");
        var history = (await identity.FindAsync("/v1/identity/user_id/ada"))!.Value.GetProperty("decisions");
        Assert.Equal(
            ("limit", "claim"),
            history.EnumerateArray().Last() is var claim ? (claim.GetProperty("kind").GetString(), claim.GetProperty("basis").GetString()) : default);

        // The same merge from a server is accepted.
        await shop.SendAsync("merge", """{"messageId":"m9","mergeProperties":[{"type":"user_id","value":"ada"},{"type":"user_id","value":"ben"}]}""");
        await profiles.UntilProfileAsync("user_id/ben", "anonymous_id=phone,user_id=ada,user_id=ben plan=pro $group=2,$identify=3,$merge=2");

        // A rebuild from the log gives the same profiles.
        var rebuild = cluster.Process("Profiles", new Dictionary<string, string?> { ["rebuild"] = "check" });
        rebuild.Start();
        Assert.True(await rebuild.ExitAsync() == 0, string.Join('\n', rebuild.Lines));
        Assert.Contains(rebuild.Lines, line => line.Contains(" 0 different, 0 still changing", StringComparison.Ordinal));
    }
}
