using System.Net;
using System.Text.Json;
using Cdp.Testing;

namespace Cdp.Profiles.Tests.Api;

/// <summary>Calls the profile API of a running service.</summary>
[Trait("tier", "integration")]
public sealed class ProfileApiTests(Stack stack) : IClassFixture<Stack>
{
    [Theory]
    [InlineData("email/%20Nobody@Example.COM", "email", "nobody@example.com")]
    [InlineData("user_id/Nobody", "user_id", "Nobody")]
    public async Task Api_UnknownIdentifier_Returns404WithWhatWasLookedFor(string path, string type, string value)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await Eventually.SucceedsAsync(async () => (await installation.GetAsync(path)).Status != HttpStatusCode.ServiceUnavailable);

        var (status, body, _) = await installation.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal($"there is no profile with {type} '{value}'", body.Text("error", "message"));
        var lookedFor = body.GetProperty("looked_for");
        Assert.Equal((type, value), (lookedFor.Text("type"), lookedFor.Text("value")));
        Assert.Equal(installation.Ids.Implied(Some.Id(type, value)), body.Text("profile_id"));
    }

    [Theory]
    [InlineData("user_id/undefined")]
    [InlineData("group_id/undefined")]
    public async Task Api_BlockedValue_Returns404NamingTheSetting(string path)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();

        var (status, body, _) = await installation.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("this value is blocked", body.Text("error", "message"), StringComparison.Ordinal);
        Assert.Contains("add it to blocked.allow", body.Text("error", "message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/profile/user_id/u", HttpStatusCode.NotFound, "unknown_path")]
    [InlineData("GET", "/", HttpStatusCode.NotFound, "unknown_path")]
    [InlineData("POST", "/v1/profiles/user_id/u", HttpStatusCode.MethodNotAllowed, "wrong_method")]
    public async Task Api_UnknownPathOrMethod_ReturnsErrorNamingTheApiDocument(string method, string path, HttpStatusCode status, string code)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        using var http = new HttpClient { BaseAddress = installation.Url };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((status, code), (response.StatusCode, body.RootElement.Text("error", "code")));
        Assert.Contains("/openapi/v1.json", body.RootElement.Text("error", "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_UnknownType_Returns404WithTheKnownTypes()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();

        var (_, body, _) = await installation.GetAsync("usr_id/u1");

        var expected = "there is no profile with usr_id 'u1'; the types of identifiers are user_id, ";
        Assert.StartsWith(expected, body.Text("error", "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_GroupCalls_LinkAccountAndMembers()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        var (ada, bob) = (Some.Id("user_id", "ada"), Some.Id("user_id", "bob"));
        await installation.SendAsync(
            Some.Group(installation.Ids.Implied(ada), "Acme/1", 1, "m1", """{"seats":25}""", ada),
            Some.Group(installation.Ids.Implied(bob), "Acme/1", 2, "m2", """{"plan":"gold"}""", bob));

        var account = await installation.UntilCountedAsync("group_id/Acme%2F1", "$group", 2);

        Assert.Equal("account", account.Text("kind"));
        Assert.Equal("""{"plan":"gold","seats":25}""", account.Raw("traits"));
        Assert.Equal(
            """[{"type":"user_id","value":"ada","message_id":"m1","timestamp":"2026-01-01T12:00:01Z"},"""
            + """{"type":"user_id","value":"bob","message_id":"m2","timestamp":"2026-01-01T12:00:02Z"}]""",
            account.Raw("members"));
        Assert.False(account.TryGetProperty("accounts", out _));
        var (_, person, _) = await installation.GetAsync("user_id/ada?include=accounts");
        var link = Assert.Single(person.GetProperty("accounts").EnumerateArray());
        Assert.Equal("Acme/1", link.Text("group_id"));
        Assert.False(person.TryGetProperty("traits", out _));
        var (status, byId, _) = await installation.GetAsync($"profile_id/{link.GetProperty("profile_id")}");
        Assert.Equal((HttpStatusCode.OK, account.GetRawText()), (status, byId.GetRawText()));
    }

    [Fact]
    public async Task Api_Alias_IsFollowedAndListed()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await stack.LinkAsync(installation, "l");
        await installation.SendAsync(Some.Track("l", "A", 1, "m1"), Some.Merged("l", "w"), Some.Track("w", "A", 2, "m2"));

        var profile = await installation.UntilCountedAsync("user_id/l", "A", 2);

        Assert.Equal(("w", 2), (profile.Text("profile_id"), profile.Int("total")));
        Assert.Equal(("""["l"]""", """["l"]"""), (profile.Raw("aliases"), profile.Raw("absorbed")));
        Assert.Equal(
            """[{"type":"track","name":"A","message_id":"m2","timestamp":"2026-01-01T12:00:02Z"},"""
            + """{"type":"track","name":"A","message_id":"m1","timestamp":"2026-01-01T12:00:01Z"}]""",
            profile.Raw("recent"));
    }

    [Fact]
    public async Task Api_IfNoneMatch_Returns304UntilTheProfileChanges()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await stack.LinkAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 1);
        using var first = await installation.SendAsync("user_id/p", null);
        var tag = first.Headers.ETag!;

        Assert.False(tag.IsWeak);
        Assert.Equal("private, no-cache", string.Join(", ", first.Headers.GetValues("Cache-Control").SelectMany(value => value.Split(", ")).Order().Reverse()));
        foreach (var known in (string[])[tag.ToString(), $"\"other\", {tag}", $"W/{tag}", "*"])
        {
            using var same = await installation.SendAsync("user_id/p", known);
            var body = await same.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.NotModified, tag, 0), (same.StatusCode, same.Headers.ETag, body.Length));
        }
        using var otherParts = await installation.SendAsync("user_id/p?include=traits", tag.ToString());
        Assert.Equal(HttpStatusCode.OK, otherParts.StatusCode);
        await installation.SendAsync(Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 2);
        using var changed = await installation.SendAsync("user_id/p", tag.ToString());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag);
    }

    [Fact]
    public async Task Api_InvalidQuery_Returns400WithEveryError()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();

        var (status, body, _) = await installation.GetAsync("user_id/p?include=trait&provenance=yes");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_query"), (status, body.Text("error", "code")));
        Assert.Contains("include names 'trait'", body.Text("error", "message"), StringComparison.Ordinal);
        Assert.Contains("provenance is 'yes'", body.Text("error", "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenApi_WithoutToken_IsReturned()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        using var http = new HttpClient { BaseAddress = installation.Url };

        using var document = JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));

        Assert.Equal("3.1.1", document.RootElement.Text("openapi"));
    }

    [Fact]
    public async Task Api_RedisUnavailable_Returns503WithRetryAfter()
    {
        await using var installation = new Installation(stack, $"127.0.0.1:{FreePort.Find()}");
        await installation.StartAsync();

        var (status, body, retryAfter) = await installation.GetAsync("user_id/u1");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1", "unavailable"), (status, retryAfter, body.Text("error", "code")));
    }

    [Theory]
    [InlineData(null, "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Basic eDo=", "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Bearer ", "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Bearer wrong", "Bearer realm=\"cdp\", error=\"invalid_token\"", "the token is not known")]
    public async Task Api_WithoutKnownToken_Returns401WithTheRemedy(string? authorization, string challenge, string message)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        using var http = new HttpClient { BaseAddress = installation.Url };
        if (authorization is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        using var response = await http.GetAsync("/v1/profiles/user_id/u1?provenance=neither", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Unauthorized, challenge), (response.StatusCode, response.Headers.WwwAuthenticate.ToString()));
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var expected = $$"""{"error":{"code":"unauthorized","message":"{{message}}; send the header Authorization: Bearer TOKEN""";
        Assert.StartsWith(expected, body, StringComparison.Ordinal);
    }
}
