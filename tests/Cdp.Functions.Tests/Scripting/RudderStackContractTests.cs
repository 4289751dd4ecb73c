using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Scripting;

public sealed class RudderStackContractTests
{
    [Fact]
    public async Task TransformEvent_ReturnsTheEvent_IsKept() =>
        Assert.Equal(
            """{"type":"track","event":"order completed","messageId":"m1","properties":{"total":9.5}}""",
            Given.Kept(await Given.OutcomeAsync("export function transformEvent(event) { event.event = event.event.toLowerCase(); return event; }")));

    [Fact]
    public async Task TransformEvent_Async_IsAwaited() =>
        Assert.Equal(
            """{"a":1}""",
            Given.Kept(await Given.OutcomeAsync("export async function transformEvent(event) { await null; return { a: 1 }; }")));

    [Fact]
    public async Task TransformEvent_ArrayOfEvents_AreKeptInOrder()
    {
        var outcome = await Given.OutcomeAsync("export const transformEvent = event => [{ n: 1 }, null, { n: 2 }];");
        Assert.Equal(["""{"n":1}""", """{"n":2}"""], Assert.IsType<FunctionOutcome.Kept>(outcome).Events);
    }

    [Theory]
    [InlineData("null", "the function returned null")]
    [InlineData("undefined", "the function returned undefined")]
    [InlineData("[]", "the function returned an empty array")]
    public async Task TransformEvent_Nothing_IsDropped(string value, string reason) =>
        Assert.Equal(new FunctionOutcome.Dropped(reason), await Given.OutcomeAsync($"export function transformEvent() {{ return {value}; }}"));

    [Theory]
    [InlineData("'text'", "a string")]
    [InlineData("5", "a number")]
    [InlineData("[5]", "a number among the events")]
    [InlineData("[[{}]]", "an array among the events")]
    [InlineData("() => 1", "it is a function")]
    public async Task TransformEvent_SomethingElse_Fails(string value, string reason)
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(await Given.OutcomeAsync($"export function transformEvent() {{ return {value}; }}"));
        Assert.Contains(reason, failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.Retryable);
    }

    [Theory]
    [InlineData("throw new Error('no total');", "Error: no total", 3, 9)]
    [InlineData("event.missing.member;", "TypeError: ", 3, 17)]
    [InlineData("undefinedName;", "ReferenceError: undefinedName", 3, 3)]
    public async Task TransformEvent_Throws_FailsWithThePlace(string statement, string reason, int line, int column)
    {
        var sync = await Given.OutcomeAsync($"// a comment\nexport function transformEvent(event) {{\n  {statement}\n}}");
        var failed = Assert.IsType<FunctionOutcome.Failed>(sync);
        Assert.StartsWith(reason, failed.Reason, StringComparison.Ordinal);
        Assert.Equal(("f", line, false), (failed.Module, failed.Line, failed.Retryable));
        Assert.Equal(column, failed.Column);

        var asynchronous = await Given.OutcomeAsync($"// a comment\nexport async function transformEvent(event) {{ await 1;\n  {statement}\n}}");
        failed = Assert.IsType<FunctionOutcome.Failed>(asynchronous);
        Assert.StartsWith(reason, failed.Reason, StringComparison.Ordinal);
        Assert.Equal(("f", line, column), (failed.Module, failed.Line, failed.Column));
    }

    [Fact]
    public async Task TransformEvent_ThrowsNoError_Fails() =>
        Assert.Equal(
            "just text",
            Assert.IsType<FunctionOutcome.Failed>(await Given.OutcomeAsync("export function transformEvent() { throw 'just text'; }")).Reason);

    [Fact]
    public async Task TransformEvent_OneEventFails_OthersAreKept()
    {
        var outcomes = await Given.RunAsync(
            new FunctionDefinition("f", "export function transformEvent(event) { if (event.n === 2) throw new Error('two'); return event; }"),
            Given.Trusted,
            new EventInput("""{"n":1}"""), new EventInput("""{"n":2}"""), new EventInput("{not JSON"), new EventInput("""{"n":3}"""));
        Assert.Equal("""{"n":1}""", Given.Kept(outcomes[0]));
        Assert.IsType<FunctionOutcome.Failed>(outcomes[1]);
        Assert.Contains("the event cannot be read", Assert.IsType<FunctionOutcome.Failed>(outcomes[2]).Reason, StringComparison.Ordinal);
        Assert.Equal("""{"n":3}""", Given.Kept(outcomes[3]));
    }

    [Fact]
    public async Task Metadata_OfTheEvent_IsItsOwn()
    {
        var definition = new FunctionDefinition(
            "f", "export function transformEvent(event, metadata) { return { source: metadata(event).sourceId ?? null }; }");
        var outcomes = await Given.RunAsync(
            definition,
            Given.Trusted,
            new EventInput(Given.Event, """{"sourceId":"s1"}"""), new EventInput(Given.Event, """{"sourceId":"s2"}"""), new EventInput(Given.Event));
        Assert.Equal(["""{"source":"s1"}""", """{"source":"s2"}""", """{"source":null}"""], outcomes.Select(Given.Kept));
    }

    [Fact]
    public async Task TransformBatch_Outputs_BelongToTheirMessageIds()
    {
        var definition = new FunctionDefinition("f", """
            export function transformBatch(events, metadata) {
              return [{ ...events[2], source: metadata(events[2]).sourceId }, { messageId: 'foreign', of: metadata({}) }, events[0], { messageId: 'a', copy: true }];
            }
            """);
        var outcomes = await Given.RunAsync(
            definition,
            Given.Trusted,
            new EventInput("""{"messageId":"a"}"""), new EventInput("""{"messageId":"b"}"""), new EventInput("""{"messageId":"c"}""", """{"sourceId":"s3"}"""));
        Assert.Equal(["""{"messageId":"a"}""", """{"messageId":"a","copy":true}"""], Assert.IsType<FunctionOutcome.Kept>(outcomes[0]).Events);
        Assert.Equal(new FunctionOutcome.Dropped("transformBatch returned no event with this messageId"), outcomes[1]);
        Assert.Equal(
            ["""{"messageId":"c","source":"s3"}""", """{"messageId":"foreign","of":{}}"""], Assert.IsType<FunctionOutcome.Kept>(outcomes[2]).Events);
    }

    [Fact]
    public async Task TransformBatch_EventsWithOneMessageId_AreMatchedInOrder()
    {
        var outcomes = await Given.RunAsync(
            new FunctionDefinition("f", "export const transformBatch = async events => events;"),
            Given.Trusted,
            new EventInput("""{"messageId":"a","n":1}"""), new EventInput("""{"messageId":"a","n":2}"""));
        Assert.Equal(["""{"messageId":"a","n":1}""", """{"messageId":"a","n":2}"""], outcomes.Select(Given.Kept));
    }

    [Theory]
    [InlineData("return events[0];", "transformBatch must return an array")]
    [InlineData("throw new Error('all');", "Error: all")]
    public async Task TransformBatch_NoArrayOrThrows_AllFail(string statement, string reason)
    {
        var outcomes = await Given.RunAsync(
            new FunctionDefinition("f", $"export function transformBatch(events) {{ {statement} }}"),
            Given.Trusted,
            new EventInput(Given.Event), new EventInput(Given.Event));
        Assert.All(outcomes, outcome => Assert.Contains(reason, Assert.IsType<FunctionOutcome.Failed>(outcome).Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_OfALibrary_IsFoundByName()
    {
        var definition = new FunctionDefinition(
            "f", "import { mask } from 'pii';\nexport function transformEvent(event) { return { email: mask('ada@example.com') }; }")
        {
            Libraries = new Dictionary<string, string>
            {
                ["pii"] = """
                    import { keep } from 'text';
                    export function mask(value) {
                      if (!value) throw new Error('empty');
                      return keep(value) + '***';
                    }
                    """,
                ["text"] = "export const keep = value => value[0];",
            },
        };
        Assert.Equal("""{"email":"a***"}""", Given.Kept((await Given.RunAsync(definition, Given.Trusted, new EventInput(Given.Event)))[0]));

        var throws = definition with { Code = "import { mask } from 'pii';\nexport function transformEvent(event) { return mask(''); }" };
        var failed = Assert.IsType<FunctionOutcome.Failed>((await Given.RunAsync(throws, Given.Trusted, new EventInput(Given.Event)))[0]);
        Assert.Equal(("pii", 3), (failed.Module, failed.Line));
    }

    [Theory]
    [InlineData("import { a } from 'other'; export function transformEvent(event) {}", "imports \"other\", which is not among its libraries (none)")]
    [InlineData("function transformEvent(event) {}", "does not export transformEvent: write \"export function transformEvent\"")]
    [InlineData("export function other() {}", "has no handler")]
    [InlineData("export function transformEvent() {} export function transformBatch() {}", "exports transformEvent and transformBatch")]
    [InlineData("export function transformEvent() {} function onTrack() {}", "belong to different contracts")]
    [InlineData("export function transformEvent() {}\nlet = 5;", "f.js, line 2, column ")]
    [InlineData("export function transformEvent() {}\n\n  start();", "f.js, line 3, column 3: the code cannot be loaded: ReferenceError: start is not defined")]
    [InlineData("export function transformEvent() {} while (true) {}", "the code cannot be loaded: a limit was exceeded: more than 5000000 statements")]
    [InlineData("export function transformEvent() {} await fetchV2('https://example.com');", "fetch is not available while the code is loaded")]
    public async Task LoadAsync_NoFunction_NamesTheFault(string code, string fault) =>
        Assert.Contains(
            fault,
            (await Assert.ThrowsAsync<FunctionException>(
                () => UserFunction.LoadAsync(new FunctionDefinition("f", code), Given.Trusted, Given.Stopping))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task LoadAsync_TransformationAsDestination_NamesTheFault()
    {
        var definition = new FunctionDefinition("f", "export function transformEvent(event) { return event; }") { Use = FunctionUse.Destination };
        var fault = await Assert.ThrowsAsync<FunctionException>(() => UserFunction.LoadAsync(definition, Given.Trusted, Given.Stopping));
        Assert.Contains("exports transformEvent, which is a transformation", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostFunctions_OfTheContract_Answer()
    {
        var definition = new FunctionDefinition("f", """
            export async function transformEvent(event) {
              log('total', event.properties.total, { a: [1] }, new Error('no'), undefined);
              let location;
              try { location = geolocation('1.2.3.4'); } catch (error) { location = error.message; }
              const v2 = await fetchV2('https://example.com/json', { method: 'post', headers: { 'X-A': 1 }, body: { a: 1 } });
              let rejected;
              try { await fetchV2('https://refused.example'); } catch (error) { rejected = error.message; }
              return {
                key: getCredential('key'), none: typeof getCredential('none'), location, rejected,
                json: await fetch('https://example.com/json'), error: await fetch('https://refused.example'), v2, text: (await fetchV2('https://example.com/text')).body,
              };
            }
            """)
        { Credentials = new Dictionary<string, string> { ["key"] = "secret" } };
        List<FetchRequest> requests = [];
        var host = Given.Trusted with
        {
            Fetch = async (request, _) =>
            {
                await Task.Yield();
                lock (requests) requests.Add(request);
                return request.Url.Contains("refused", StringComparison.Ordinal)
                    ? throw new HttpRequestException("the address is private")
                    : new FetchResponse(
                        201,
                        new Dictionary<string, string> { ["x-b"] = "2" },
                        request.Url.EndsWith("json", StringComparison.Ordinal) ? """{"b":[true]}""" : "plain");
            },
        };
        var outcome = (await Given.RunAsync(definition, host, new EventInput(Given.Event)))[0];
        Assert.Equal(
            """{"key":"secret","none":"undefined","location":"geolocation is not configured: the platform adds the location of an IP address itself, under """
            + """context, if it has a database for it","rejected":"fetch https://refused.example: the address is private","json":{"b":[true]},"error":"ERROR","v2":"""
            + """{"url":"https://example.com/json","status":201,"headers":{"x-b":"2"},"body":{"b":[true]}},"text":"plain"}""",
            Given.Kept(outcome));
        Assert.Equal("total 9.5 {\"a\":[1]} Error: no undefined\nfetch failed: fetch https://refused.example: the address is private", outcome.Log);
        var first = requests[0];
        Assert.Equal(("POST", """{"a":1}""", "1"), (first.Method, first.Body, first.Headers["x-a"]));
    }

    [Fact]
    public async Task Fetch_SwitchedOff_IsAnError()
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(
            await Given.OutcomeAsync("export async function transformEvent() { return (await fetchV2('https://example.com')).body; }"));
        Assert.Equal("Error: fetch is switched off for this function", failed.Reason);
    }

    [Fact]
    public async Task Fetch_MoreThanTheLimit_IsAnError()
    {
        var host = Given.Trusted with
        {
            Limits = new FunctionLimits { Fetches = 2 },
            Fetch = (_, _) => Task.FromResult(new FetchResponse(200, new Dictionary<string, string>(), "1")),
        };
        var code = "export async function transformEvent() { let n = 0; for (let i = 0; i < 3; i++) n += (await fetchV2('https://example.com')).body; return { n }; }";
        var outcomes = await Given.RunAsync(new FunctionDefinition("f", code), host, new EventInput(Given.Event));
        Assert.Contains("fetch: more than 2 requests for one event", Assert.IsType<FunctionOutcome.Failed>(outcomes[0]).Reason, StringComparison.Ordinal);
    }
}
