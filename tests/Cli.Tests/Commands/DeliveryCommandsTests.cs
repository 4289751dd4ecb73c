using System.Text.Json;

namespace Cdp.Cli.Tests.Commands;

public sealed class DeliveryCommandsTests
{
    private const string Delivery = """
        {"outcome":"dead","destination":"crm","message_id":"m1","status":422,"reason":"[red]no[/]","attempts":1,"at":"2026-03-01T12:00:00Z",
         "topic":"deliveries.dead","partition":3,"offset":12}
        """;

    [Fact]
    public async Task List_Deliveries_PrintsATableAndSendsTheCriteria()
    {
        using var api = new FakeApi((_, _, _) => (200, $$"""{"deliveries":[{{Delivery}}],"cursor":null}"""));

        var run = await Run.OfAsync(
            api, ["deliveries", "list", "--destination", "crm", "--outcome", "dead", "--since", "2026-03-01T00:00:00Z", "--limit", "7"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("GET /v1/deliveries?destination=crm&outcome=dead&since=2026-03-01T00%3A00%3A00Z&limit=7", Assert.Single(api.Requests).Line);
        Assert.Equal(("cdp.test:5", "Bearer from-environment"), (api.Host, api.Authorization));
        var row = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal(
            ["2026-03-01T12:00:00Z", "dead", "crm", "m1", "422", "1", "[red]no[/]", "deliveries.dead/3/12"],
            row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task List_SeveralPages_FollowsTheCursorUpToTheLimit()
    {
        using var api = new FakeApi((_, path, _) => (200, path.Contains("cursor=", StringComparison.Ordinal)
            ? $$"""{"deliveries":[{{Delivery.Replace("12:00", "11:00")}},{{Delivery}}],"cursor":"c2"}"""
            : $$"""{"deliveries":[{{Delivery}}],"cursor":"c1"}"""));

        var run = await Run.OfAsync(api, ["deliveries", "list", "--limit", "3", "--json", "--token", "mine"]);

        Assert.Equal(["GET /v1/deliveries?limit=3", "GET /v1/deliveries?limit=2&cursor=c1"], api.Requests.Select(request => request.Line));
        Assert.Equal("Bearer mine", api.Authorization);
        Assert.Equal("2026-03-01T11:00:00Z", JsonElement.Parse(run.Output)[0].GetProperty("at").GetString());
        Assert.Contains("there are more than 3 deliveries", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_Record_PrintsItsJson()
    {
        using var api = new FakeApi((_, _, _) => (200, Delivery));
        var run = await Run.OfAsync(api, ["deliveries", "show", "deliveries.dead/3/12"]);
        Assert.Equal("GET /v1/deliveries/deliveries.dead/3/12", Assert.Single(api.Requests).Line);
        Assert.Equal("m1", JsonElement.Parse(run.Output).GetProperty("message_id").GetString());
    }

    [Theory]
    [InlineData("deliveries", "redrive", "--since", "1h")]
    [InlineData("deliveries", "redrive", "--destination", "crm", "--since", "yesterday")]
    [InlineData("deliveries", "redrive", "--destination", "crm", "--since", "1h", "--rate", "fast")]
    [InlineData("deliveries", "redrive", "--destination", "crm", "--since", "1h", "--yes", "--dry-run")]
    [InlineData("deliveries", "list", "--outcome", "lost")]
    [InlineData("deliveries", "list", "--limit", "0")]
    [InlineData("deliveries", "list", "--limit", "many")]
    [InlineData("deliveries", "show", "deliveries.dead")]
    [InlineData("destinations", "preview", "crm")]
    [InlineData("destinations", "preview", "crm", "--record", "x")]
    [InlineData("destinations", "replay", "crm", "--from", "2h")]
    [InlineData("deliveries", "redriv")]
    [InlineData]
    public async Task Arguments_Wrong_ExitWith2AndSendNothing(params string[] args)
    {
        using var api = new FakeApi((_, _, _) => (500, ""));
        var run = await Run.OfAsync(api, args);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("cdp: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }
}
