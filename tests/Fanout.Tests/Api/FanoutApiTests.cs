using Cdp.Testing;

namespace Cdp.Fanout.Tests.Api;

/// <summary>The API of the running service on the embedded broker.</summary>
[Trait("tier", "integration")]
public sealed class FanoutApiTests(Stack stack) : IClassFixture<Stack>
{
    [Fact]
    public async Task Destinations_Configured_AreListedWithSubscriptionsAndState()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm", "subscribe: type = \"track\"\norder: none");
        await installation.StartAsync();

        var (status, body) = await installation.GetAsync("/v1/destinations");

        Assert.Equal(200, status);
        var destination = Assert.Single(body.GetProperty("destinations").EnumerateArray());
        Assert.Equal(
            ("crm", "webhook", "none", 0),
            (destination.GetProperty("id").GetString(), destination.GetProperty("type").GetString(), destination.GetProperty("order").GetString(),
                destination.GetProperty("waiting").GetInt32()));
        Assert.Equal("""[{"action":"","subscribe":"type = \"track\""}]""", destination.GetProperty("actions").GetRawText());
    }

    [Fact]
    public async Task Preview_Event_ShowsTheRequestAndSendsNothing()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm", "subscribe: event = \"Order Completed\"\nmapping: {messageId: {'@path': $.messageId}}\nsecret: s");
        await installation.StartAsync();

        var (status, body) = await installation.PostAsync("/v1/destinations/crm/preview", """{"event":{"type":"track","event":"Order Completed","messageId":"m1"}}""");

        Assert.Equal((200, "triggered"), (status, body.GetProperty("outcome").GetString()));
        var action = body.GetProperty("actions")[0];
        Assert.Equal(
            $"POST {installation.ReceiverUrl}/crm\nContent-Type: application/json\nIdempotency-Key: {action.GetProperty("idempotency_key").GetString()}\n"
            + "Authorization: ***\nX-Cdp-Signature: ***\n\n{\"messageId\":\"m1\"}\n",
            action.GetProperty("request").GetString());
        (_, body) = await installation.PostAsync("/v1/destinations/crm/preview", """{"event":{"type":"track","event":"Other"}}""");
        Assert.Equal("not_subscribed", body.GetProperty("outcome").GetString());
        (_, body) = await installation.PostAsync(
            "/v1/destinations/crm/preview", """{"event":{"type":"track","event":"Order Completed","integrations":{"crm":false}}}""");
        Assert.Equal(("filtered", "the sender excludes crm in integrations"), (body.GetProperty("outcome").GetString(), body.GetProperty("rule").GetString()));
        Assert.Empty(installation.Received);
    }

    [Fact]
    public async Task Test_Event_IsSentOnceAndTheResultShown()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        await installation.StartAsync();
        installation.Status = 422;

        var (status, body) = await installation.PostAsync("/v1/destinations/crm/test", """{"event":{"type":"track","event":"A","messageId":"m1"}}""");

        var result = body.GetProperty("actions")[0].GetProperty("result");
        Assert.Equal(
            (200, "refused", 422, "HTTP 422 answered 422"),
            (status, result.GetProperty("result").GetString(), result.GetProperty("status").GetInt32(), result.GetProperty("reason").GetString()));
        Assert.Equal("m1", Assert.Single(installation.Received).MessageId);
    }

    [Fact]
    public async Task Deliveries_DeadAndDelivered_AreListedFilteredAndPaged()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        installation.Status = 422;
        await installation.StartAsync();
        await installation.IdentifyAsync(Enumerable.Range(0, 9).Select(i => ($"p{i % 4}", $"m{i}")));
        var dead = await installation.DeliveriesAsync("outcome=dead&destination=crm", 9);
        installation.Status = 200;
        await installation.IdentifyAsync(("p0", "late"));
        await installation.DeliveriesAsync("outcome=delivered", 1);

        Assert.Equal(10, (await installation.DeliveriesAsync("", 10)).Count);
        Assert.Equal(4, (await installation.DeliveriesAsync("profile=p0", 4)).Count);
        Assert.Empty(await installation.DeliveriesAsync("destination=other", 0));
        var (paged, cursor, pages) = (new List<string>(), "", 0);
        do
        {
            var (_, page) = await installation.GetAsync($"/v1/deliveries?outcome=dead&limit=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            paged.AddRange(page.GetProperty("deliveries").EnumerateArray().Select(delivery => delivery.GetProperty("message_id").GetString()!));
            (cursor, pages) = (page.GetProperty("cursor").GetString() ?? "", pages + 1);
        }
        while (cursor.Length > 0);
        Assert.Equal(dead.Select(delivery => delivery.GetProperty("message_id").GetString()), paged);
        Assert.InRange(pages, 5, 6);

        var one = dead[0];
        var place = $"{one.GetProperty("topic").GetString()}/{one.GetProperty("partition")}/{one.GetProperty("offset")}";
        var (status, whole) = await installation.GetAsync($"/v1/deliveries/{place}");
        Assert.Equal((200, "track"), (status, whole.GetProperty("event_json").GetProperty("type").GetString()));
        Assert.Contains("Authorization: ***", whole.GetProperty("request").GetString(), StringComparison.Ordinal);
        (_, var preview) = await installation.PostAsync(
            "/v1/destinations/crm/preview",
            $"{{\"record\":{{\"topic\":\"deliveries.dead\",\"partition\":{one.GetProperty("partition")},\"offset\":{one.GetProperty("offset")}}}}}");
        Assert.Equal(one.GetProperty("message_id").GetString(), preview.GetProperty("message_id").GetString());
    }

    [Fact]
    public async Task Redrive_DeadDeliveries_AreDeliveredInOrderPageByPage()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        installation.Configure("other");
        installation.Status = 422;
        await installation.StartAsync();
        await installation.IdentifyAsync(Enumerable.Range(0, 8).Select(i => ($"p{i % 3}", $"m{i}")));
        await installation.DeliveriesAsync("outcome=dead&destination=crm", 8);
        await installation.DeliveriesAsync("outcome=dead&destination=other", 8);
        installation.Status = 200;
        var failed = installation.Received.Where(request => request.Path == "/crm").ToList();
        installation.Received.Clear();
        const string Criteria = "\"destination\":\"crm\",\"since\":\"2020-01-01T00:00:00Z\",\"reason\":\"422\"";

        var (_, dry) = await installation.PostAsync("/v1/deliveries/redrive", $"{{{Criteria}}}");
        Assert.Equal((8, 0), (dry.GetProperty("selected").GetInt32(), dry.GetProperty("written").GetInt32()));
        var (written, cursor) = (0, "");
        do
        {
            var more = cursor.Length > 0 ? $",\"cursor\":\"{cursor}\"" : "";
            var (status, page) = await installation.PostAsync("/v1/deliveries/redrive", $"{{{Criteria},\"dry_run\":false,\"job\":\"j\",\"limit\":3{more}}}");
            Assert.True(status == 200, page.GetRawText());
            written += page.GetProperty("written").GetInt32();
            cursor = page.GetProperty("cursor").GetString() ?? "";
        }
        while (cursor.Length > 0);

        Assert.Equal(8, written);
        var delivered = await installation.DeliveriesAsync("outcome=delivered", 8);
        Assert.All(delivered, delivery => Assert.NotEqual("null", delivery.GetProperty("redriven_from").GetRawText()));
        Assert.All(installation.Received, request => Assert.Equal("/crm", request.Path));
        Assert.Equal(failed.Select(request => request.Key).Order(), installation.Received.Select(request => request.Key).Order());
        foreach (var profile in installation.Received.GroupBy(request => int.Parse(request.MessageId[1..], null) % 3, request => request.MessageId))
            Assert.Equal(profile.Order(), profile);
    }

    [Fact]
    public async Task Replay_History_SendsSubscribedEventsOnly()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm", "from: now\nsubscribe: messageId = \"m1\" or messageId = \"m3\"");
        await installation.IdentifyAsync(Enumerable.Range(0, 5).Select(i => ("p", $"m{i}")));
        await installation.StartAsync();

        var to = DateTime.UtcNow.AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        var (status, page) = await installation.PostAsync(
            "/v1/destinations/crm/replay", $$"""{"from":"2020-01-01T00:00:00Z","to":"{{to}}","dry_run":false,"job":"j"}""");

        Assert.Equal(
            (200, 5, 2, "null"),
            (status, page.GetProperty("scanned").GetInt32(), page.GetProperty("written").GetInt32(), page.GetProperty("cursor").GetRawText()));
        await installation.DeliveriesAsync("outcome=delivered", 2);
        Assert.Equal(["m1", "m3"], installation.Received.Select(request => request.MessageId));
    }

    [Fact]
    public async Task Deliveries_Waiting_AreThoseInTheRetryTopic()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        installation.Status = 503;
        await installation.StartAsync();
        await installation.IdentifyAsync(("p", "m0"), ("p", "m1"), ("q", "m2"));

        var waiting = await installation.DeliveriesAsync("outcome=waiting", 3);
        Assert.Equal(3, (await installation.GetAsync("/v1/destinations")).Body.GetProperty("destinations")[0].GetProperty("waiting").GetInt32());
        Assert.Equal(["m0", "m1", "m2"], waiting.Select(delivery => delivery.GetProperty("message_id").GetString()).Order());
        installation.Status = 200;

        await installation.DeliveriesAsync("outcome=delivered", 3);
        await installation.DeliveriesAsync("outcome=waiting", 0);
    }

    [Theory]
    [InlineData("GET", "/v1/deliveries?outcome=lost", 400, "invalid_query")]
    [InlineData("GET", "/v1/deliveries/deliveries.dead/0/999", 404, "not_found")]
    [InlineData("GET", "/v1/deliveries/other/0/0", 404, "not_found")]
    [InlineData("GET", "/v1/deliveries/deliveries/x/0", 404, "not_found")]
    [InlineData("GET", "/v1/nothing", 404, "unknown_path")]
    [InlineData("DELETE", "/v1/destinations", 405, "wrong_method")]
    [InlineData("POST", "/v1/destinations/nobody/preview", 404, "unknown_destination")]
    [InlineData("POST", "/v1/destinations/crm/preview", 400, "invalid_body")]
    [InlineData("POST", "/v1/destinations/crm/replay", 400, "invalid_body")]
    [InlineData("POST", "/v1/deliveries/redrive", 400, "invalid_body")]
    public async Task Request_Invalid_IsAnsweredWithACodeAndARemedy(string method, string path, int status, string code)
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        await installation.StartAsync();

        var (found, body) = await installation.SendAsync(new HttpMethod(method), path, method == "POST" ? "{}" : null);

        Assert.Equal((status, code), (found, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.NotEmpty(body.GetProperty("error").GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Files_ChangedWhileRunning_RestartOnlyTheirDestinations()
    {
        await using var installation = await Installation.CreateAsync(stack);
        installation.Configure("crm");
        installation.Configure("hook");
        await installation.StartAsync();
        await installation.IdentifyAsync(("p", "m0"));
        await installation.DeliveriesAsync("outcome=delivered", 2);

        installation.WriteFile("crm", "id: crm\ntype: nothing");
        await Eventually.TrueAsync(
            () => installation.Readiness.Parts["destinations"].Detail.Contains("'nothing' is not a type", StringComparison.Ordinal),
            "the broken file is reported");
        Assert.True(installation.Readiness.IsReady);
        await installation.IdentifyAsync(("p", "m1"));
        await installation.DeliveriesAsync("outcome=delivered", 4);

        installation.Configure("crm", path: "moved");
        installation.Configure("new", "from: now");
        installation.RemoveFile("hook");
        await Eventually.TrueAsync(() => installation.Readiness.Parts.ContainsKey("loop fanout-new"), "the new destination runs");
        await Eventually.TrueAsync(() => !installation.Readiness.Parts.ContainsKey("loop fanout-hook"), "the removed destination has stopped");
        await Eventually.TrueAsync(() => installation.Readiness.IsReady, "the service is ready again");
        await installation.IdentifyAsync(("p", "m2"));

        await installation.DeliveriesAsync("outcome=delivered", 6);
        Assert.Equal(["/moved", "/new"], installation.Received.Where(request => request.MessageId == "m2").Select(request => request.Path).Order());
    }
}
