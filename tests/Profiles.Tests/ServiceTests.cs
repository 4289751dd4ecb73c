using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Cdp.Testing;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests;

/// <summary>The whole service on the embedded broker.</summary>
public sealed class ServiceTests(Stack stack) : IClassFixture<Stack>
{
    public static TheoryData<string> Redises => Stack.Redises;

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Service_Events_BecomeAProfileThatTheApiAnswers(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        var user = Some.Id("user_id", "u/1+é");
        var profileId = installation.Ids.Implied(user);
        await installation.SendAsync(
            Some.Event(profileId, "identify", 1, "m1", """{"name":"Zoë","tags":[1, 2],"gone":null}""", null, user),
            Some.Event(profileId, "track", 2, "m2", null, "Order Completed", user));

        var profile = await installation.UntilCountedAsync("user_id/u%2F1+%C3%A9?provenance=true", "Order Completed", 1);

        Assert.Equal(profileId, profile.GetProperty("profile_id").GetString());
        Assert.Equal("""[{"type":"user_id","value":"u/1+é"}]""", profile.GetProperty("identifiers").GetRawText());
        Assert.Equal("""{"name":"Zoë","tags":[1, 2]}""", profile.GetProperty("traits").GetRawText());
        Assert.Equal("""{"count":1,"first":"2026-01-01T12:00:01Z","last":"2026-01-01T12:00:01Z"}""", profile.GetProperty("counts").GetProperty("$identify").GetRawText());
        Assert.Equal("2026-01-01T12:00:01Z", profile.GetProperty("first_seen").GetString());
        Assert.Equal("2026-01-01T12:00:02Z", profile.GetProperty("last_seen").GetString());
        var reflected = Assert.Single(profile.GetProperty("reflects").EnumerateArray());
        Assert.Equal(installation.Kafka.TopicPrefix + "events.identified", reflected.GetProperty("topic").GetString());
        Assert.Equal((installation.Partition(profileId), 1), (reflected.GetProperty("partition").GetInt32(), reflected.GetProperty("offset").GetInt32()));
        var provenance = profile.GetProperty("provenance");
        Assert.Equal(["gone", "name", "tags"], provenance.EnumerateObject().Select(trait => trait.Name));
        Assert.Equal(("m1", 0), (provenance.GetProperty("gone").GetProperty("message_id").GetString(), provenance.GetProperty("gone").GetProperty("offset").GetInt32()));
    }

    [Fact]
    public async Task Service_MergeAcrossPartitions_WinnerHasItAllAndLateEventsFollow()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await installation.SendAsync(Some.Track("loser", "A"), Some.Track("winner", "A"), Some.Merged("loser", "winner"), Some.Track("loser", "A", messageId: "late"));
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync(installation.Keys.Root(Some.Id("anonymous_id", "a")), "1 loser");

        var profile = await installation.UntilCountedAsync("anonymous_id/a", "A", 3);

        Assert.Equal("winner", profile.GetProperty("profile_id").GetString());
    }

    [Fact]
    public async Task Service_RedisEmptiedWhileItRuns_FoldsFromWhatTheLogHas()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 2);

        await EmptyAsync(installation);
        await RootsAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"));

        await installation.UntilCountedAsync("user_id/p", "A", 3);
    }

    [Fact]
    public async Task Service_StartedOnAnEmptyRedis_RebuildsItFromTheLog()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("q", "B"), Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 2);
        await installation.UntilCountedAsync("user_id/q", "B", 1);
        await installation.StopAsync();
        await EmptyAsync(installation);
        await RootsAsync(installation);

        await installation.StartAsync();

        await installation.UntilCountedAsync("user_id/p", "A", 2);
        await installation.UntilCountedAsync("user_id/q", "B", 1);
    }

    [Fact]
    public async Task Service_PoisonTraits_NeighboursAreFolded()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Identify("p", "[]"), Some.Track("p", "A"));

        var profile = await installation.UntilCountedAsync("user_id/p", "A", 2);

        Assert.False(profile.GetProperty("counts").TryGetProperty("$identify", out _));
    }

    [Fact]
    public async Task Service_ManyProfilesInOneBatch_EachIsThere()
    {
        await using var installation = new Installation(stack);
        await RootsAsync(installation, [.. Enumerable.Range(0, 900).Select(i => $"p{i}")]);
        await installation.SendAsync([.. Enumerable.Range(0, 1_800).Select(i => Some.Track($"p{i % 900}", "A", i))]);
        await installation.StartAsync();

        foreach (var i in Enumerable.Range(0, 900)) await installation.UntilCountedAsync($"user_id/p{i}", "A", 2);
    }

    [Fact]
    public async Task Assigned_RedisOfAnotherLog_RefusedBecauseEveryWriteWouldBeLate()
    {
        await using var installation = new Installation(stack);
        await TopicAdmin.EnsureAsync(installation.Kafka, [Topics.Profiles]);
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync(installation.Keys.ProfilesPosition(1), 1_000);
        var generations = new Generations(connection, installation.Keys);
        var splits = new SplitStore(connection, installation.Keys, installation.Kafka.TopicPrefix);
        using var jobs = new SplitJobs(installation.Kafka, ProfilesService.Stream, installation.Codec, generations, splits, installation.Ids, NullLogger<SplitJobs>.Instance);
        var processor = new ProfilesProcessor(installation.Kafka, installation.Codec, generations, splits, jobs, installation.Ids, NullLogger<ProfilesProcessor>.Instance);

        var refusal = await Assert.ThrowsAsync<ForeignStateException>(() => processor.AssignedAsync([new(installation.Kafka.TopicPrefix + Topics.EventsIdentified.Name, 1)], TestContext.Current.CancellationToken));

        Assert.False(processor.IsOutage(refusal));
    }

    [Theory]
    [InlineData("email/%20Nobody@Example.COM", "email", "nobody@example.com")]
    [InlineData("user_id/Nobody", "user_id", "Nobody")]
    public async Task Api_UnknownIdentifier_404TellsWhatWasLookedFor(string path, string type, string value)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await Eventually.Async(async () => (await installation.GetAsync(path)).Status != HttpStatusCode.ServiceUnavailable);

        var (status, body, _) = await installation.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains($"{type} '{value}'", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        var lookedFor = body.GetProperty("looked_for");
        Assert.Equal((type, value, installation.Ids.Implied(Some.Id(type, value))),
            (lookedFor.GetProperty("type").GetString(), lookedFor.GetProperty("value").GetString(), lookedFor.GetProperty("profile_id").GetString()));
    }

    [Fact]
    public async Task Api_UnknownType_404NamesTheTypes()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();

        var (_, body, _) = await installation.GetAsync("usr_id/u1");

        Assert.StartsWith("there is no profile of usr_id 'u1'; the types of identifiers are user_id, ", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_GroupCalls_AccountAndMembersKnowEachOther()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        var (ada, bob) = (Some.Id("user_id", "ada"), Some.Id("user_id", "bob"));
        await installation.SendAsync(
            Some.Group(installation.Ids.Implied(ada), "Acme/1", 1, "m1", """{"seats":25}""", ada),
            Some.Group(installation.Ids.Implied(bob), "Acme/1", 2, "m2", """{"plan":"gold"}""", bob));

        var account = await installation.UntilCountedAsync("group_id/Acme%2F1", "$group", 2);

        Assert.Equal("account", account.GetProperty("kind").GetString());
        Assert.Equal("""{"plan":"gold","seats":25}""", account.GetProperty("traits").GetRawText());
        Assert.Equal("""[{"type":"user_id","value":"ada","message_id":"m1","timestamp":"2026-01-01T12:00:01Z"},{"type":"user_id","value":"bob","message_id":"m2","timestamp":"2026-01-01T12:00:02Z"}]""", account.GetProperty("members").GetRawText());
        Assert.False(account.TryGetProperty("accounts", out _));
        var (_, person, _) = await installation.GetAsync("user_id/ada?include=accounts");
        var link = Assert.Single(person.GetProperty("accounts").EnumerateArray());
        Assert.Equal("Acme/1", link.GetProperty("group_id").GetString());
        Assert.False(person.TryGetProperty("traits", out _));
        var (status, byId, _) = await installation.GetAsync($"profile_id/{link.GetProperty("profile_id")}");
        Assert.Equal((HttpStatusCode.OK, account.GetRawText()), (status, byId.GetRawText()));
    }

    [Fact]
    public async Task Api_Alias_IsFollowedAndTold()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "l");
        await installation.SendAsync(Some.Track("l", "A", 1, "m1"), Some.Merged("l", "w"), Some.Track("w", "A", 2, "m2"));

        var profile = await installation.UntilCountedAsync("user_id/l", "A", 2);

        Assert.Equal(("w", """["l"]""", """["l"]""", 2), (profile.GetProperty("profile_id").GetString(), profile.GetProperty("aliases").GetRawText(), profile.GetProperty("absorbed").GetRawText(), profile.GetProperty("total").GetInt32()));
        Assert.Equal("""[{"type":"track","name":"A","message_id":"m2","timestamp":"2026-01-01T12:00:02Z"},{"type":"track","name":"A","message_id":"m1","timestamp":"2026-01-01T12:00:01Z"}]""", profile.GetProperty("recent").GetRawText());
    }

    [Fact]
    public async Task Api_IfNoneMatch_304UntilTheProfileChanges()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 1);
        using var first = await installation.SendAsync("user_id/p", null);
        var tag = first.Headers.ETag!;

        Assert.False(tag.IsWeak);
        Assert.Equal("private, no-cache", string.Join(", ", first.Headers.GetValues("Cache-Control").SelectMany(value => value.Split(", ")).Order().Reverse()));
        foreach (var known in (string[])[tag.ToString(), $"\"other\", {tag}", $"W/{tag}", "*"])
        {
            using var same = await installation.SendAsync("user_id/p", known);
            Assert.Equal((HttpStatusCode.NotModified, tag, 0), (same.StatusCode, same.Headers.ETag, (await same.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length));
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
    public async Task Api_WrongQuery_400TellsEveryFault()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();

        var (status, body, _) = await installation.GetAsync("user_id/p?include=trait&provenance=yes");

        var error = body.GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_query"), (status, error.GetProperty("code").GetString()));
        Assert.Contains("include names 'trait'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("provenance is 'yes'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenApi_WithoutAToken_IsAnswered()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        using var http = new HttpClient { BaseAddress = installation.Url };

        using var document = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));

        Assert.Equal("3.1.1", document.RootElement.GetProperty("openapi").GetString());
    }

    [Fact]
    public async Task Api_RedisAway_503WithRetryAfter()
    {
        await using var installation = new Installation(stack, $"127.0.0.1:{FreePort.Find()}");
        await installation.StartAsync();

        var (status, body, retryAfter) = await installation.GetAsync("user_id/u1");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1", "unavailable"), (status, retryAfter, body.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public void Codec_AnyFoldedState_RoundTrips()
    {
        var codec = new AvroCodec(stack.Installation().Registry(), "t.");
        Some.AnyEvents.Sample(events =>
        {
            var profile = Folding.Empty("p");
            foreach (var (e, position) in events) Folding.Fold(profile, e, position, Some.Ids);
            Assert.Equal(Some.Text(profile), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, profile))));
        });
    }

    [Fact]
    public void Codec_EveryPartOfAState_RoundTrips()
    {
        var codec = new AvroCodec(stack.Installation().Registry(), "t.");
        var profile = Some.Profile("p", Some.Event("p", "identify", 1, "m", """{"x":{"y":"é"}}""", null, Some.Id("email", "a@b.c")), Some.Track("p", "A"));
        profile.absorbed.Add("l");
        Folding.Fold(profile, Some.Group("p", "acme", 2, "g"), Some.Identified(2, 4), Some.Ids);
        Folding.FoldAccount(profile, Some.AccountEvent(Some.Group("p", "acme", 2, "g", """{"x":1}""", Some.Id("user_id", "u")), Some.Identified(2, 4)));

        Assert.Equal(Some.Text(profile), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, profile))));
        Assert.Equal(Some.Text(Some.Alias("l", "p")), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, Some.Alias("l", "p")))));
    }

    [Fact]
    public void Errors_NothingSet_NamesTheKeys() =>
        Assert.Equal(["ProfileIds:Key is empty", "Api:Tokens is empty"], new ProfilesOptions().Errors().Select(error => error[..error.IndexOfAny([';', ','])].Trim()));

    [Theory]
    [InlineData(null, "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Basic eDo=", "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Bearer ", "Bearer realm=\"cdp\"", "the request has no token")]
    [InlineData("Bearer wrong", "Bearer realm=\"cdp\", error=\"invalid_token\"", "the token is not known")]
    public async Task Api_WithoutAKnownToken_401TellsWhatToDo(string? authorization, string challenge, string message)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        using var http = new HttpClient { BaseAddress = installation.Url };
        if (authorization is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        using var response = await http.GetAsync("/v1/profiles/user_id/u1?provenance=neither", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Unauthorized, challenge), (response.StatusCode, response.Headers.WwwAuthenticate.ToString()));
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith($$"""{"error":{"code":"unauthorized","message":"{{message}}; send the header Authorization: Bearer TOKEN""", body, StringComparison.Ordinal);
    }

    /// <summary>As the linker would: the user id of the same name belongs to the profile.</summary>
    private async Task RootsAsync(Installation installation, params string[] profiles)
    {
        await using var connection = await stack.ConnectAsync();
        foreach (var profileId in profiles is [] ? ["p", "q"] : profiles) await connection.GetDatabase().StringSetAsync(installation.Keys.Root(Some.Id("user_id", profileId)), $"1 {profileId}");
    }

    private async Task EmptyAsync(Installation installation)
    {
        await using var connection = await stack.ConnectAsync();
        RedisKey[] keys = [.. connection.GetServer(stack.RedisEndpoint).Keys(pattern: $"{installation.Kafka.TopicPrefix}*")];
        await connection.GetDatabase().KeyDeleteAsync(keys);
    }
}
