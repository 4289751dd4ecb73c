using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Ingestion.Tests;

/// <summary>Reads and checks HTTP answers. The checks on a task also dispose of its response.</summary>
internal static class ResponseAssertions
{
    /// <summary>The answer to a request whose events were all accepted.</summary>
    public const string Success = """{"success":true}""";

    public static Task<string> ReadTextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static async Task<JsonNode> ReadJsonAsync(this HttpResponseMessage response) => JsonNode.Parse(await response.ReadTextAsync())!;

    public static async Task AssertAnswerAsync(this Task<HttpResponseMessage> answer, int status, string body)
    {
        using var response = await answer;
        Assert.Equal((status, body), ((int)response.StatusCode, await response.ReadTextAsync()));
    }

    /// <summary>Checks that all events of the request were accepted without a warning.</summary>
    public static Task AssertSuccessAsync(this Task<HttpResponseMessage> answer) => answer.AssertAnswerAsync(200, Success);

    public static async Task AssertStatusAsync(this Task<HttpResponseMessage> answer, int status)
    {
        using var response = await answer;
        Assert.True(status == (int)response.StatusCode, $"answered {(int)response.StatusCode}, expected {status}: {await response.ReadTextAsync()}");
    }

    public static async Task AssertRefusedAsync(this Task<HttpResponseMessage> answer, int status, string code)
    {
        using var response = await answer;
        await response.AssertRefusedAsync(status, code);
    }

    /// <summary>Checks the status and the error code, and that the refusal sets no cookie.</summary>
    public static async Task AssertRefusedAsync(this HttpResponseMessage response, int status, string code)
    {
        Assert.Equal((status, code), ((int)response.StatusCode, (string?)(await response.ReadJsonAsync())["error"]!["code"]));
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }
}
