namespace Cdp.Cli.Tests.Commands;

public sealed class DestinationCommandsTests
{
    [Fact]
    public async Task List_Destinations_PrintsSubscriptionsAndState()
    {
        using var api = new FakeApi((_, _, _) => (200, """
            {"destinations":[{"id":"crm","type":"webhook","order":"profile","waiting":3,"actions":[{"action":"a","subscribe":"x = 1"},{"action":"","subscribe":"all"}],
             "instance":{"breaker":"open","requests_per_second":2.5}},{"id":"new","type":"webhook","order":"none","waiting":null,"actions":[],"instance":null}]}
            """));
        var run = await Run.OfAsync(api, ["destinations", "list"]);
        Assert.Equal(0, run.ExitCode);
        var rows = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal("crm webhook profile 3 open 2.5 a: x = 1; all", string.Join(' ', rows[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("new webhook none", string.Join(' ', rows[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task Test_Event_PrintsTheRequestAndTheResult()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{"type":"track","event":"A"}""", TestContext.Current.CancellationToken);
            using var api = new FakeApi((_, _, _) => (200, """
                {"outcome":"triggered","actions":[{"action":"","fault":null,"request":"POST http://x\n\n{}","result":{"result":"refused","status":422,"reason":"no","milliseconds":3}}]}
                """));
            var run = await Run.OfAsync(api, ["destinations", "test", "crm", "--event", file]);
            var (line, body) = Assert.Single(api.Requests);
            Assert.Equal(("POST /v1/destinations/crm/test", """{"event":{"type":"track","event":"A"}}"""), (line, body!.Value.GetRawText()));
            Assert.Equal("POST http://x\n\n{}\n\nresult: refused 422 after 3 ms\nreason: no\n", run.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Preview_Record_SendsItsPlaceAndPrintsTheRule()
    {
        using var api = new FakeApi((_, _, _) => (200, """{"outcome":"filtered","rule":"the sender excludes crm in integrations"}"""));
        var run = await Run.OfAsync(api, ["destinations", "preview", "crm", "--record", "deliveries.dead/3/12"]);
        Assert.Equal("""{"record":{"topic":"deliveries.dead","partition":3,"offset":12}}""", Assert.Single(api.Requests).Body!.Value.GetRawText());
        Assert.Equal((0, "filtered: the sender excludes crm in integrations\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Preview_UnreadableFile_FailsAndNamesIt()
    {
        using var api = new FakeApi((_, _, _) => (500, ""));
        var run = await Run.OfAsync(api, ["destinations", "preview", "crm", "--event", "/nowhere/event.json"]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("cdp: /nowhere/event.json cannot be read", run.Error, StringComparison.Ordinal);
    }
}
