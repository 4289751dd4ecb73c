using System.Net;
using System.Text;
using System.Text.Json;

namespace Cdp.Cli.Tests;

/// <summary>A fan-out API that answers as the test says, and keeps the requests.</summary>
/// <param name="answer">Answers a request: status and body. It is given the method, the path with the query, and the body.</param>
internal sealed class FakeApi(Func<string, string, JsonElement?, (int Status, string Body)> answer) : HttpMessageHandler
{
    /// <summary>The requests: METHOD PATH, and the body.</summary>
    public List<(string Line, JsonElement? Body)> Requests { get; } = [];

    /// <summary>The host of the last request.</summary>
    public string? Host { get; private set; }

    /// <summary>The Authorization header of the last request.</summary>
    public string? Authorization { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? (JsonElement?)null : JsonElement.Parse(await request.Content.ReadAsStringAsync(cancellationToken));
        Host = request.RequestUri!.Authority;
        Authorization = request.Headers.Authorization?.ToString();
        Requests.Add(($"{request.Method} {request.RequestUri.PathAndQuery}", body));
        var (status, text) = answer(request.Method.Method, request.RequestUri.PathAndQuery, body);
        return new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
    }
}

/// <summary>A run of the command line.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command against an API.</summary>
    public static async Task<Run> OfAsync(FakeApi api, string[] args, CancellationToken? stopping = null, TimeProvider? time = null)
    {
        using var http = new HttpClient(api, disposeHandler: false);
        var (output, error) = (new StringWriter(), new StringWriter());
        var program = new CommandLine(http, time ?? TimeProvider.System, Environment, output, error, isTerminal: false);
        var code = await program.RunAsync(args, stopping ?? TestContext.Current.CancellationToken);
        return new Run(code, output.ToString(), error.ToString());
    }

    private static string? Environment(string name) => name switch
    {
        "CDP_TOKEN" => "from-environment",
        "CDP_URL" => "http://cdp.test:5",
        _ => null,
    };
}
