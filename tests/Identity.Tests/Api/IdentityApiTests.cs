using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Api;

/// <summary>The API of the complete service. The report that the profiles service would write is written by the test.</summary>
[Trait("tier", "integration")]
public sealed class IdentityApiTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private const string Base = "/v1/identity/";

    [Fact]
    public async Task Request_WithoutAToken_IsUnauthorizedExceptTheApiDescription()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var service = await stack.ServiceAsync();
        using var client = ServiceStack.Client(service, hasToken: false);

        foreach (var (method, path) in new[] { ("GET", "user_id/ada"), ("POST", "unmerge"), ("GET", "unmerge"), ("GET", "unmerge/1") })
        {
            using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Base + path), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Request_UnknownPathOrMethod_IsAnErrorThatNamesTheApiDescription()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var service = await stack.ServiceAsync();
        using var client = ServiceStack.Client(service);

        using var unknown = await client.GetAsync("/v1/identities", TestContext.Current.CancellationToken);
        await AssertErrorAsync(unknown, HttpStatusCode.NotFound, "unknown_path", "/openapi/v1.json");
        using var wrong = await client.DeleteAsync($"{Base}user_id/ada", TestContext.Current.CancellationToken);
        await AssertErrorAsync(wrong, HttpStatusCode.MethodNotAllowed, "wrong_method", "/openapi/v1.json");
        using var unmerge = await client.GetAsync($"{Base}unmerge", TestContext.Current.CancellationToken);
        await AssertErrorAsync(unmerge, HttpStatusCode.MethodNotAllowed, "wrong_method", "send POST");
        Assert.Equal(["POST"], unmerge.Content.Headers.Allow);
        using var empty = await client.PostAsync($"{Base}unmerge", null, TestContext.Current.CancellationToken);
        await AssertErrorAsync(empty, HttpStatusCode.BadRequest, "invalid_body", "the request has no body");
    }

    [Fact]
    public async Task Find_IdentifierThatNoDecisionNames_SaysWhy()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var service = await stack.ServiceAsync();
        using var client = ServiceStack.Client(service);

        await AssertNotFoundAsync("user_id/guest", "the value is blocked", "blocked.allow");
        await AssertNotFoundAsync("emial/e@x.org", "emial is not a configured type", "user_id, email, phone,");
        var eve = Given.ProfileIds.Implied(Given.Email("eve@x.org"));
        await AssertNotFoundAsync("email/%20Eve@X.org", "no decision names email 'eve@x.org'", $"belong to profile {eve}");

        async Task AssertNotFoundAsync(string path, params string[] messages)
        {
            using var answer = await client.GetAsync(Base + path, TestContext.Current.CancellationToken);
            await AssertErrorAsync(answer, HttpStatusCode.NotFound, "not_found", messages);
        }
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task Unmerge_SharedComputer_SplitsItOffAndShowsBothHistories(string server)
    {
        var redis = await servers.ConnectAsync(server);
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        using var client = ServiceStack.Client(service);
        var ada = Given.ProfileIds.Implied(Given.User("ada"));
        await stack.SendAsync(Given.Event("m1", userId: "ada", anonymousId: "library pc/3%2F"));
        await IdentifiersAsync(client, "user_id/ada", 2);
        await stack.SendAsync(Given.Event("m2", userId: "ada", anonymousId: "phone"));
        await IdentifiersAsync(client, "user_id/ada", 3);

        // Each of the identifiers leads to the profile, with the decisions in order.
        var found = await FindAsync(client, "anonymous_id/library%20pc%2F3%252F");
        Assert.Equal((ada, "user_id:ada anonymous_id:library pc/3%2F anonymous_id:phone"), (Text(found, "profile_id"), Identifiers(found)));
        Assert.Equal(["m1", "m2"], Decisions(found).Select(decision => Text(decision, "message_id")));
        var merged = Decisions(found)[1].GetProperty("merged").EnumerateArray().Select(profile => profile.GetString());
        Assert.Equal([Given.ProfileIds.Implied(Given.Anonymous("phone"))], merged);

        await AssertRefusedAsync(client, HttpStatusCode.BadRequest, "invalid_body", "identifiers[0].value is missing", ("user_id", null));
        await AssertRefusedAsync(client, HttpStatusCode.NotFound, "not_linked", "email 'eve@x.org'", ("email", " Eve@X.org "));
        await AssertRefusedAsync(
            client, HttpStatusCode.Conflict, "nothing_remains", "", ("user_id", "ada"), ("anonymous_id", "phone"), ("anonymous_id", "library pc/3%2F"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"{Base}unmerge/17", TestContext.Current.CancellationToken)).StatusCode);

        // The split, during which the profiles service reports.
        var asked = UnmergeAsync(client, ("anonymous_id", "library pc/3%2F"));
        const string Report =
            """{"sequence":3,"profile_id":"r","into":"n","recomputed":{"r":2,"n":0},"kept":{"events":0,"counts":{},"traits":[],"before":null}}""";
        await redis.GetDatabase().StringSetAsync(new HotStateKeys(stack.Prefix).SplitReport(3), Report);
        using var answer = await asked;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var unmerged = await JsonAsync(answer);
        var into = Given.ProfileIds.Implied(new Identifier { type = "$split", value = "3" });
        Assert.Equal(("done", ada, into), (Text(unmerged, "status"), Text(unmerged, "profile_id"), Text(unmerged, "into")));
        Assert.Equal((3, Report), (unmerged.GetProperty("sequence").GetInt32(), unmerged.GetProperty("report").GetRawText()));
        Assert.Equal(unmerged.GetRawText(), (await FindAsync(client, $"unmerge/{Text(unmerged, "request_id")}")).GetRawText());

        // Both profiles afterwards, each with its complete history.
        found = await FindAsync(client, "user_id/ada");
        Assert.Equal((ada, "user_id:ada anonymous_id:phone"), (Text(found, "profile_id"), Identifiers(found)));
        Assert.Equal(["linked", "linked", "split"], Decisions(found).Select(decision => Text(decision, "kind")));
        found = await FindAsync(client, "anonymous_id/library%20pc/3%252F");
        Assert.Equal((into, "anonymous_id:library pc/3%2F"), (Text(found, "profile_id"), Identifiers(found)));
        var split = Decisions(found)[2];
        Assert.Equal(("split", "shared", into), (Text(split, "kind"), Text(split, "reason"), Text(split, "into")));

        // They are two profiles now, and one request cannot name identifiers of both.
        await AssertRefusedAsync(client, HttpStatusCode.Conflict, "several_profiles", "", ("user_id", "ada"), ("anonymous_id", "library pc/3%2F"));
        // A further event of the computer goes to its own profile.
        await stack.SendAsync(Given.Event("m3", anonymousId: "library pc/3%2F"));
        var identified = (await stack.ReadAsync(identified: 3)).OfType<IdentifiedEvent>();
        Assert.Equal(into, identified.Single(one => one.validated.envelope.messageId == "m3").profileId);
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> UnmergeAsync(HttpClient client, params (string Type, string? Value)[] identifiers)
    {
        var items = identifiers.Select(identifier => new { type = identifier.Type, value = identifier.Value });
        return client.PostAsync($"{Base}unmerge", JsonContent.Create(new { identifiers = items, reason = "shared" }), TestContext.Current.CancellationToken);
    }

    private static async Task AssertRefusedAsync(
        HttpClient client, HttpStatusCode status, string code, string message, params (string Type, string? Value)[] identifiers)
    {
        using var answer = await UnmergeAsync(client, identifiers);
        await AssertErrorAsync(answer, status, code, message);
    }

    private static async Task AssertErrorAsync(HttpResponseMessage answer, HttpStatusCode status, string code, params string[] messages)
    {
        var error = (await JsonAsync(answer)).GetProperty("error");
        Assert.Equal((status, code), (answer.StatusCode, Text(error, "code")));
        Assert.All(messages, message => Assert.Contains(message, Text(error, "message"), StringComparison.Ordinal));
    }

    private static Task<JsonElement> FindAsync(HttpClient client, string path) =>
        client.GetFromJsonAsync<JsonElement>(Base + path, TestContext.Current.CancellationToken);

    private static Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    // Waits until the profile of an identifier has this number of identifiers.
    private static Task IdentifiersAsync(HttpClient client, string path, int count) => Eventually.TrueAsync(async () =>
    {
        using var answer = await client.GetAsync(Base + path, TestContext.Current.CancellationToken);
        return answer.StatusCode == HttpStatusCode.OK && (await JsonAsync(answer)).GetProperty("identifiers").GetArrayLength() == count;
    }, $"{path} has {count} identifiers");

    private static string Identifiers(JsonElement found) =>
        string.Join(' ', found.GetProperty("identifiers").EnumerateArray().Select(identifier => $"{Text(identifier, "type")}:{Text(identifier, "value")}"));

    private static JsonElement[] Decisions(JsonElement found) => [.. found.GetProperty("decisions").EnumerateArray()];

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
