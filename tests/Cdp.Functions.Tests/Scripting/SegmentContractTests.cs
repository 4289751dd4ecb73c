using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Scripting;

public sealed class SegmentContractTests
{
    private const string Handlers = """
        async function onTrack(event, settings) { event.key = settings.key; return event; }
        function onIdentify(event) {}
        const onPage = event => { throw new DropEvent('not ours'); };
        export async function onGroup(event) { throw new RetryError('later'); }
        async function onAlias(event) { throw new InvalidEventPayload('no previousId'); }
        function onScreen(event) { throw new EventNotSupported('no screens'); }
        async function onDelete(event) { throw new ValidationError('no userId'); }
        """;

    [Fact]
    public async Task Handlers_ByType_DecideAsTheirErrorsSay()
    {
        var definition = new FunctionDefinition("f", Handlers) { Settings = """{"key":"k"}""" };
        string[] types = ["track", "page", "group", "alias", "screen", "delete"];
        var outcomes = await Given.RunAsync(definition, Given.Trusted, [.. types.Select(type => new EventInput($$"""{"type":"{{type}}"}"""))]);
        Assert.Equal("""{"type":"track","key":"k"}""", Given.Kept(outcomes[0]));
        Assert.Equal(new FunctionOutcome.Dropped("DropEvent: not ours"), outcomes[1]);
        Assert.Equal(("RetryError: later", 4, true), Failed(outcomes[2]));
        Assert.Equal(("InvalidEventPayload: no previousId", 5, false), Failed(outcomes[3]));
        Assert.Equal(new FunctionOutcome.Dropped("EventNotSupported: no screens"), outcomes[4]);
        Assert.Equal(("ValidationError: no userId", 7, false), Failed(outcomes[5]));
    }

    [Fact]
    public async Task Insert_ReturnsNothing_Fails()
    {
        var outcomes = await Given.RunAsync(new FunctionDefinition("f", Handlers), Given.Trusted, new EventInput("""{"type":"identify"}"""));
        Assert.Contains("Write \"return event\" at the end of the handler", Failed(outcomes[0]).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"alias"}""", "EventNotSupported: the function has no onAlias")]
    [InlineData("""{"type":"odd"}""", "EventNotSupported: the function has no handler for the type odd")]
    [InlineData("""{"type":7}""", "EventNotSupported: the function has no handler for the type of the event")]
    public async Task Handlers_WithoutOneForTheType_DropIt(string json, string reason) =>
        Assert.Equal(new FunctionOutcome.Dropped(reason), await Given.OutcomeAsync("function onTrack(event) { return event; }", json));

    [Fact]
    public async Task Destination_Returns_IsDeliveredWithTheEventUnchanged()
    {
        var definition = new FunctionDefinition("f", """
            async function onTrack(event, settings) {
              const response = await fetch(settings.url, { method: 'POST', headers: { Authorization: 'Basic ' + btoa(settings.key + ':') }, body: JSON.stringify(event) });
              event.total = 0;
              if (response.status === 429) throw new RetryError((await response.json()).message + response.headers.get('Retry-After'));
              if (!response.ok) throw new Error(await response.text());
            }
            """)
        { Use = FunctionUse.Destination, Settings = """{"url":"https://example.com","key":"k"}""" };
        var statuses = new Queue<int>([200, 429, 400]);
        List<FetchRequest> requests = [];
        var host = Given.Trusted with
        {
            Fetch = (request, _) =>
            {
                requests.Add(request);
                var headers = new Dictionary<string, string> { ["retry-after"] = "9" };
                return Task.FromResult(new FetchResponse(statuses.Dequeue(), headers, """{"message":"wait "}"""));
            },
        };
        var input = new EventInput("""{"type":"track","total":5}""");
        var outcomes = await Given.RunAsync(definition, host, input, input, input);
        Assert.Equal(input.Json, Given.Kept(outcomes[0]));
        Assert.Equal(("RetryError: wait 9", 4, true), Failed(outcomes[1]));
        Assert.Equal(("Error: {\"message\":\"wait \"}", 5, false), Failed(outcomes[2]));
        Assert.Equal(("Basic azo=", input.Json), (requests[0].Headers["authorization"], requests[0].Body));
    }

    [Fact]
    public async Task OnBatch_OfADestination_DecidesPerItem()
    {
        var definition = new FunctionDefinition("f", """
            async function onBatch(events, settings) {
              return events.map(event => ({ status: event.status, errormessage: 'e' + event.status }));
            }
            """)
        { Use = FunctionUse.Destination };
        var outcomes = await Given.RunAsync(
            definition, Given.Trusted, [.. new[] { "200", "400", "429", "503", "\"x\"" }.Select(status => new EventInput($$"""{"status":{{status}}}"""))]);
        Assert.Equal("""{"status":200}""", Given.Kept(outcomes[0]));
        Assert.Equal(("400: e400", null, false), Failed(outcomes[1]));
        Assert.Equal(("429: e429", null, true), Failed(outcomes[2]));
        Assert.Equal(("503: e503", null, true), Failed(outcomes[3]));
        Assert.Equal(("onBatch returned an item without a status", null, false), Failed(outcomes[4]));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("return [{ status: 200 }];", "an array of 1 items for 2 events")]
    [InlineData("throw new RetryError('all');", "RetryError: all")]
    public async Task OnBatch_OfADestination_NothingOrTooLittle(string statement, string? reason)
    {
        var definition = new FunctionDefinition("f", $"function onBatch(events) {{ {statement} }}") { Use = FunctionUse.Destination };
        var outcomes = await Given.RunAsync(definition, Given.Trusted, new EventInput("{}"), new EventInput("{}"));
        if (reason is null) Assert.All(outcomes, outcome => Given.Kept(outcome));
        else Assert.All(outcomes, outcome => Assert.Contains(reason, Failed(outcome).Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OnBatch_OfAnInsertFunction_PairsByIndex()
    {
        var definition = new FunctionDefinition("f", "function onBatch(events) { return events.map(event => event.n === 2 ? null : { n: event.n * 10 }); }");
        var outcomes = await Given.RunAsync(
            definition, Given.Trusted, new EventInput("""{"n":1}"""), new EventInput("""{"n":2}"""), new EventInput("""{"n":3}"""));
        Assert.Equal("""{"n":10}""", Given.Kept(outcomes[0]));
        Assert.Equal(new FunctionOutcome.Dropped("onBatch returned null for the event"), outcomes[1]);
        Assert.Equal("""{"n":30}""", Given.Kept(outcomes[2]));
    }

    [Fact]
    public async Task GlobalVariables_OfALane_Stay()
    {
        var definition = new FunctionDefinition("f", "let calls = 0;\nfunction onTrack(event) { event.call = ++calls; return event; }");
        var input = new EventInput("""{"type":"track"}""");
        await using var function = await UserFunction.LoadAsync(definition, Given.Trusted, Given.Stopping);
        await function.RunAsync([input], Given.Stopping);
        Assert.Equal("""{"type":"track","call":2}""", Given.Kept((await function.RunAsync([input], Given.Stopping))[0]));
    }

    private static (string Reason, int? Line, bool Retryable) Failed(FunctionOutcome outcome)
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(outcome);
        return (failed.Reason, failed.Line, failed.Retryable);
    }
}
