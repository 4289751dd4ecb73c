using System.Text.Json;
using Cdp.Functions.Contracts;

namespace Cdp.Functions.Testing;

/// <summary>The result of one case of a function's tests.</summary>
/// <param name="Function">The name of the function: its file without <c>.js</c>.</param>
/// <param name="Case">The name of the case, or its number from 1.</param>
/// <param name="Faults">What differs, one line each; empty if the case passes.</param>
/// <param name="Log">What the function logged.</param>
public sealed record FunctionTestResult(string Function, string Case, IReadOnlyList<string> Faults, string Log)
{
    public bool Passed => Faults.Count == 0;
}

/// <summary>
/// Runs the tests of a folder of functions. <c>NAME.js</c> is a function, and <c>NAME.test.json</c> its cases: a list of
/// <c>{"name", "input", "expected", "metadata", "settings", "fetch", "destination", "requests"}</c>, of which only the input is required.
/// <c>expected</c> is an event, a list of events, null for dropped, or <c>{"error": "part of the reason"}</c>.
/// <c>lib/NAME.js</c> are libraries that all functions find.
/// Functions see 2024-01-01T00:00:00Z as the time, and always the same random numbers.
/// </summary>
public static class FunctionTest
{
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Runs all tests of a folder. A function that has no tests, and tests that have no function, are faults.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="trusted">Whether the functions run in this process; otherwise each runs in a worker.</param>
    /// <param name="stopping">Ends the run.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static async Task<IReadOnlyList<FunctionTestResult>> RunAsync(string folder, bool trusted, CancellationToken stopping)
    {
        var libraries = Directory.Exists(Path.Combine(folder, "lib"))
            ? Directory.GetFiles(Path.Combine(folder, "lib"), "*.js").ToDictionary(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText)
            : [];
        var functions = Directory.GetFiles(folder, "*.js").Select(path => Path.GetFileNameWithoutExtension(path)!).ToHashSet();
        var tests = Directory.GetFiles(folder, "*.test.json").Select(path => Path.GetFileName(path)[..^".test.json".Length]).ToHashSet();
        List<FunctionTestResult> results = [];
        foreach (var name in functions.Union(tests).Order(StringComparer.Ordinal))
        {
            if (!functions.Contains(name)) results.Add(Fault(name, $"there is {name}.test.json, but no {name}.js"));
            else if (!tests.Contains(name)) results.Add(Fault(name, $"there is no {name}.test.json: add [{{\"input\": …, \"expected\": …}}]"));
            else results.AddRange(await RunAsync(folder, name, libraries, trusted, stopping));
        }
        return results;
    }

    private static async Task<IReadOnlyList<FunctionTestResult>> RunAsync(
        string folder, string name, IReadOnlyDictionary<string, string> libraries, bool trusted, CancellationToken stopping)
    {
        IReadOnlyList<FunctionTestCase> cases;
        try
        {
            cases = FunctionTestCase.Read(await File.ReadAllTextAsync(Path.Combine(folder, $"{name}.test.json"), stopping));
        }
        catch (FormatException e)
        {
            return [Fault(name, $"{name}.test.json: {e.Message}")];
        }
        var code = await File.ReadAllTextAsync(Path.Combine(folder, $"{name}.js"), stopping);
        List<FunctionTestResult> results = [];
        // Cases with the same settings and responses share a function, and with it the process of the worker.
        foreach (var group in cases.GroupBy(one => (one.Settings, one.FetchText, one.Destination)))
        {
            var use = group.Key.Destination ? FunctionUse.Destination : FunctionUse.Transformation;
            var definition = new FunctionDefinition(name, code) { Libraries = libraries, Settings = group.Key.Settings, Use = use };
            var responses = group.First().Fetch;
            List<FetchRequest> requests = [];
            Task<FetchResponse> Respond(FetchRequest request, CancellationToken cancelled)
            {
                lock (requests) requests.Add(request);
                return Answer(responses!, request);
            }
            try
            {
                var host = new FunctionHost { Trusted = trusted, Fetch = responses is null ? null : Respond };
                await using var function = await UserFunction.LoadAsync(definition, host, stopping);
                foreach (var one in group)
                {
                    requests.Clear();
                    var outcome = (await function.RunAsync([new EventInput(one.Input.GetRawText(), one.Metadata) { Now = Now, Seed = 1 }], stopping))[0];
                    results.Add(new FunctionTestResult(name, one.Name, Faults(one, outcome, requests), outcome.Log));
                }
            }
            catch (FunctionException e)
            {
                return [Fault(name, e.Message)];
            }
        }
        return results;
    }

    private static IReadOnlyList<string> Faults(FunctionTestCase one, FunctionOutcome outcome, List<FetchRequest> requests) =>
        [.. OutcomeDifference.Find(one.Expected, outcome), .. OutcomeDifference.Find(one.Requests, requests)];

    private static Task<FetchResponse> Answer(IReadOnlyDictionary<string, JsonElement> responses, FetchRequest request) =>
        responses.TryGetValue($"{request.Method} {request.Url}", out var response) || responses.TryGetValue(request.Url, out response)
            ? Task.FromResult(new FetchResponse(
                response.TryGetProperty("status", out var status) ? status.GetInt32() : 200,
                new Dictionary<string, string> { ["content-type"] = "application/json" },
                !response.TryGetProperty("body", out var body) ? "" : body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText()))
            : throw new InvalidOperationException($"the test has no response for {request.Method} {request.Url}: add it to \"fetch\"");

    private static FunctionTestResult Fault(string name, string fault) => new(name, "load", [fault], "");
}
