using System.Text.Json;
using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests;

/// <summary>Functions, and short ways to run them.</summary>
internal static class Given
{
    public const string Event = """{"type":"track","event":"Order Completed","messageId":"m1","properties":{"total":9.5}}""";

    public static readonly FunctionHost Trusted = new() { Trusted = true };

    public static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <summary>The outcomes of a function that runs in this process.</summary>
    public static async Task<IReadOnlyList<FunctionOutcome>> RunAsync(FunctionDefinition definition, FunctionHost host, params EventInput[] events)
    {
        await using var function = await UserFunction.LoadAsync(definition, host, Stopping);
        return await function.RunAsync(events, Stopping);
    }

    /// <summary>The outcome of a transformation for one event, in this process.</summary>
    public static async Task<FunctionOutcome> OutcomeAsync(string code, string json = Event) =>
        (await RunAsync(new FunctionDefinition("f", code), Trusted, new EventInput(json)))[0];

    /// <summary>The value of an expression, which <c>transformEvent</c> returns as a member of its event.</summary>
    public static async Task<JsonElement> ValueAsync(string expression, FunctionHost? host = null)
    {
        var code = $"export async function transformEvent(event) {{ return {{ value: {expression} }}; }}";
        var outcome = (await RunAsync(new FunctionDefinition("f", code), host ?? Trusted, new EventInput(Event)))[0];
        var kept = outcome as FunctionOutcome.Kept;
        Assert.True(kept is not null, outcome.ToString());
        return JsonDocument.Parse(kept.Events[0]).RootElement.TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>The only event of an outcome.</summary>
    public static string Kept(FunctionOutcome outcome)
    {
        var kept = outcome as FunctionOutcome.Kept;
        Assert.True(kept is not null, outcome.ToString());
        return Assert.Single(kept.Events);
    }
}
