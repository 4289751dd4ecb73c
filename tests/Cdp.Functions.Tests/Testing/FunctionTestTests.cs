using Cdp.Functions.Testing;
using Cdp.Testing;
using Xunit;

namespace Cdp.Functions.Tests.Testing;

public sealed class FunctionTestTests
{
    [Fact]
    public async Task RunAsync_ExampleFolder_Passes()
    {
        var results = await FunctionTest.RunAsync(Path.Combine(AppContext.BaseDirectory, "example"), trusted: true, Given.Stopping);
        Assert.All(results, result => Assert.Empty(result.Faults));
        Assert.Equal(
            [
                ("enrich", "1"), ("enrich", "2"),
                ("mask-email", "masks the address"), ("mask-email", "drops pages"), ("mask-email", "refuses what is no address"),
            ],
            results.Select(result => (result.Function, result.Case)));
        Assert.Equal("masked 1", results[2].Log);
    }

    [Theory]
    [InlineData("""[{"input": {"n": 1}, "expected": {"n": 2, "gone": []}}]""",
        "n: expected 2, but was 1|gone: expected [], but it is missing|list: not expected, but was [{\"a\":1},2]|"
        + "when: not expected, but was \"2024-01-01T00:00:00.000Z\"")]
    [InlineData("""[{"input": {"n": 1}, "expected": {"n": 1.0, "list": [{"a": 3}, 2], "when": "2024-01-01T00:00:00.000Z"}}]""", "list[0].a: expected 3, but was 1")]
    [InlineData("""[{"input": {"n": 1}, "expected": {"n": 1, "list": [], "when": "2024-01-01T00:00:00.000Z"}}]""", "list: expected 0 items, but there are 2: [{\"a\":1},2]")]
    [InlineData("""[{"input": {"n": 0}, "expected": {}}]""", "the event was dropped: the function returned null")]
    [InlineData("""[{"input": {"n": 0}, "expected": {"error": "no"}}]""", "expected an error with \"no\", but the function dropped the event")]
    [InlineData("""[{"input": {"n": 2}, "expected": {"error": "no"}}]""", "expected an error with \"no\", but the function succeeded")]
    [InlineData("""[{"input": {"n": 2}, "expected": null}]""", "expected the event to be dropped, but it became {\"n\":2}, {\"n\":3}")]
    [InlineData("""[{"input": {"n": 2}, "expected": {"n": 2}}]""", "expected one event, but there are 2")]
    [InlineData("""[{"input": {"n": 2}, "expected": [{"n": 2}, {"n": 4}]}]""", "[1].n: expected 4, but was 3")]
    [InlineData("""[{"input": {"n": 9}, "expected": {}}]""", "failed: Error: nine (f.js, line 5, column 19)")]
    [InlineData("""[{"input": {"n": 9}, "expected": {"error": "ten"}}]""", "expected an error with \"ten\", but it was: Error: nine (f.js, line 5, column 19)")]
    [InlineData("""[{"input": {"n": 1}}, {"input": {"n": 0}, "expected": null}, {"input": {"n": 2}, "expected": [{"n": 2}, {"n": 3}]}]""", "")]
    [InlineData("""{"input": {}}""", "f.test.json: must be a list of cases: [{\"input\": …, \"expected\": …}]")]
    [InlineData("""[{"input": {}}, {"inputs": {}}]""", "f.test.json: case 2 has an unknown member \"inputs\": use "
        + "name, input, expected, metadata, settings, fetch, destination, requests")]
    [InlineData("""[{"expected": {}}]""", "f.test.json: case 1 must have an \"input\" that is an object")]
    public async Task RunAsync_Difference_IsNamed(string tests, string faults)
    {
        const string Code = """
            export function transformEvent(event) {
              switch (event.n) {
                case 0: return null;
                case 2: return [{ n: 2 }, { n: 3 }];
                case 9: throw new Error('nine');
                default: return { ...event, list: [{ a: 1 }, 2], when: new Date() };
              }
            }
            """;
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("f.js"), Code, Given.Stopping);
        await File.WriteAllTextAsync(folder.Combine("f.test.json"), tests, Given.Stopping);
        var results = await FunctionTest.RunAsync(folder.Path, trusted: true, Given.Stopping);
        Assert.Equal(faults, string.Join('|', results.SelectMany(result => result.Faults)));
    }

    [Fact]
    public async Task RunAsync_FileWithoutItsOther_IsAFault()
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("a.js"), "", Given.Stopping);
        await File.WriteAllTextAsync(folder.Combine("b.test.json"), "[]", Given.Stopping);
        await File.WriteAllTextAsync(folder.Combine("c.js"), "export function transformEvent() { return ;;) }", Given.Stopping);
        await File.WriteAllTextAsync(folder.Combine("c.test.json"), """[{"input":{}}]""", Given.Stopping);
        var results = await FunctionTest.RunAsync(folder.Path, trusted: true, Given.Stopping);
        Assert.Equal(["a", "b", "c"], results.Select(result => result.Function));
        Assert.All(results, result => Assert.False(result.Passed));
        Assert.StartsWith("there is no a.test.json", results[0].Faults[0], StringComparison.Ordinal);
        Assert.Equal("there is b.test.json, but no b.js", results[1].Faults[0]);
        Assert.StartsWith("c.js, line 1, column ", results[2].Faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"n": 1}""", "")]
    [InlineData("""{"n": 2}""", "requests[0].body.n: expected 2, but was 1")]
    public async Task RunAsync_RequestsOfADestination_AreCompared(string body, string faults)
    {
        const string Code = "async function onTrack(event) { await fetch('https://a.example', { method: 'PUT', body: JSON.stringify({ n: event.n }) }); }";
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("f.js"), Code, Given.Stopping);
        await File.WriteAllTextAsync(
            folder.Combine("f.test.json"),
            $$$"""
            [{"input": {"type": "track", "n": 1}, "fetch": {"https://a.example": {}}, "destination": true,
              "requests": [{"method": "PUT", "url": "https://a.example", "body": {{{body}}}}]}]
            """,
            Given.Stopping);
        var result = Assert.Single(await FunctionTest.RunAsync(folder.Path, trusted: true, Given.Stopping));
        Assert.Equal(faults, string.Join('|', result.Faults));
    }

    [Fact]
    public async Task RunAsync_RequestWithoutAResponse_IsAnError()
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("f.js"), "async function onTrack(event) { await fetch('https://a.example'); return event; }", Given.Stopping);
        await File.WriteAllTextAsync(folder.Combine("f.test.json"), """[{"input":{"type":"track"},"fetch":{}}]""", Given.Stopping);
        var result = Assert.Single(await FunctionTest.RunAsync(folder.Path, trusted: true, Given.Stopping));
        Assert.Contains("the test has no response for GET https://a.example", Assert.Single(result.Faults), StringComparison.Ordinal);
    }
}
