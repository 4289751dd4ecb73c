using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Stack;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>Who a customer is, through all services that say so: found by every identifier, a member of an account, taken apart again, asked of the past, folded anew.</summary>
public sealed class CustomerTests(TestStack stack)
{
    private const string WriteKey = "customer-write-key";

    [Theory]
    [InlineData(RedisKind.OfStack)]
    [InlineData(RedisKind.RedisServer)]
    public async Task Customer_LinkedThenTakenApart_IsRightAtEveryStep(RedisKind redis)
    {
        await using var cluster = await stack.ClusterAsync(redis);
        cluster.AddSource("shop", WriteKey);
        var started = await Task.WhenAll(
            cluster.StartAsync(IngestionService.Service), cluster.StartAsync(ValidationService.Service), cluster.StartAsync(IdentityService.Service), cluster.StartAsync(ProfilesService.Service));
        using var shop = new HttpClient { BaseAddress = new Uri(started[0].Url) };
        shop.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{WriteKey}:")));
        using var identity = Api(started[2]);
        using var profiles = Api(started[3]);

        // A computer in a library, a telephone, and a company.
        await SendAsync(shop, "track", """{"messageId":"m1","anonymousId":"library","event":"Browsed","timestamp":"2026-01-01T10:00:00Z"}""");
        await SendAsync(shop, "identify", """{"messageId":"m2","userId":"ada","anonymousId":"library","traits":{"email":"Ada@X.org","plan":"free"},"timestamp":"2026-01-02T10:00:00Z"}""");
        await SendAsync(shop, "identify", """{"messageId":"m3","userId":"ada","anonymousId":"phone","traits":{"plan":"pro"},"timestamp":"2026-01-03T10:00:00Z"}""");
        await SendAsync(shop, "group", """{"messageId":"m4","userId":"ada","groupId":"acme","traits":{"seats":5},"timestamp":"2026-01-04T10:00:00Z"}""");
        foreach (var name in new[] { "user_id/ada", "email/ADA@x.org", "anonymous_id/library", "anonymous_id/phone" })
        {
            await UntilAsync(profiles, name, "anonymous_id=library,anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2,Browsed=1");
        }
        await UntilAsync(profiles, "group_id/acme", "group_id=acme seats=5 $group=1");
        var account = (await FindAsync(profiles, "/v1/profiles/group_id/acme"))!.Value;
        Assert.Equal("ada", Assert.Single(account.GetProperty("members").EnumerateArray()).GetProperty("value").GetString());

        // The past.
        await UntilAsync(profiles, "user_id/ada?as_of=2026-01-02T12:00:00Z", "anonymous_id=library,email=ada@x.org,user_id=ada email=Ada@X.org,plan=free $identify=1,Browsed=1");

        // The library's computer leaves.
        using var answer = await identity.PostAsJsonAsync("/v1/identity/unmerge", new { identifiers = new[] { new { type = "anonymous_id", value = "library" } }, reason = "a shared computer" }, TestContext.Current.CancellationToken);
        var unmerged = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "done"), (answer.StatusCode, unmerged.GetProperty("status").GetString()));
        Assert.Equal(0, unmerged.GetProperty("report").GetProperty("kept").GetProperty("events").GetInt32());
        await UntilAsync(profiles, "anonymous_id/library", "anonymous_id=library  Browsed=1");
        await UntilAsync(profiles, "user_id/ada", "anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2");
        await SendAsync(shop, "track", """{"messageId":"m5","anonymousId":"library","event":"Browsed"}""");
        await SendAsync(shop, "track", """{"messageId":"m6","anonymousId":"phone","event":"Order Completed"}""");
        await UntilAsync(profiles, "anonymous_id/library", "anonymous_id=library  Browsed=2");
        await UntilAsync(profiles, "email/ada@x.org", "anonymous_id=phone,email=ada@x.org,user_id=ada email=Ada@X.org,plan=pro $group=1,$identify=2,Order Completed=1");
        var history = (await FindAsync(identity, "/v1/identity/anonymous_id/library"))!.Value.GetProperty("decisions");
        Assert.Equal(("split", "a shared computer"), (history[history.GetArrayLength() - 1].GetProperty("kind").GetString(), history[history.GetArrayLength() - 1].GetProperty("reason").GetString()));

        // The log says the same.
        var rebuild = cluster.Process("Profiles", new Dictionary<string, string?> { ["rebuild"] = "check" });
        rebuild.Start();
        Assert.True(await rebuild.ExitAsync() == 0, string.Join('\n', rebuild.Lines));
        Assert.Contains(rebuild.Lines, line => line.Contains(" 0 different, 0 in motion", StringComparison.Ordinal));
        Assert.All(started, service => Assert.Equal(0, service.ExitCode));
    }

    private static HttpClient Api(RunningService service)
    {
        var http = new HttpClient { BaseAddress = new Uri(service.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Cluster.Token);
        return http;
    }

    private static async Task SendAsync(HttpClient shop, string call, string json)
    {
        using var response = await shop.PostAsync($"/v1/{call}", new StringContent(json, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<JsonElement?> FindAsync(HttpClient api, string path)
    {
        using var response = await api.GetAsync(path, TestContext.Current.CancellationToken);
        return response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken) : null;
    }

    private static Task UntilAsync(HttpClient profiles, string path, string summary) => Eventually.TrueAsync(
        async () => await FindAsync(profiles, $"/v1/profiles/{path}") is { } profile && EndToEndTests.Summary(profile) == summary, $"{path} is {summary}");
}
