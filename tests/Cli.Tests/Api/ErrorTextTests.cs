using Cdp.Cli.Api;

namespace Cdp.Cli.Tests.Api;

public sealed class ErrorTextTests
{
    [Theory]
    [InlineData(404, """{"error":{"code":"not_found","message":"there is none; look elsewhere"}}""", "there is none; look elsewhere (not_found)")]
    [InlineData(401, """{"error":{"code":"unauthorized","message":"m"}}""", "m (unauthorized); set --token or CDP_TOKEN to a token that the service accepts")]
    [InlineData(502, "<html>", "HTTP 502; check that --url is the URL of the fan-out API")]
    [InlineData(500, "[]", "HTTP 500; check that --url is the URL of the fan-out API")]
    public void Of_Response_IsTheMessageWithItsRemedy(int status, string body, string expected) => Assert.Equal(expected, ErrorText.Of(status, body));

    [Fact]
    public async Task Request_ServerThatCannotBeReached_FailsWithARemedy()
    {
        using var api = new FakeApi((_, _, _) => throw new HttpRequestException("connection refused"));
        var run = await Run.OfAsync(api, ["destinations", "list", "--url", "http://127.0.0.1:1"]);
        Assert.Equal(
            (1, "cdp: http://127.0.0.1:1 cannot be reached: connection refused; check that the fan-out service runs, or set --url or CDP_URL\n"),
            (run.ExitCode, run.Error));
    }
}
