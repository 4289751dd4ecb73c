using System.CommandLine;

namespace Cdp.Cli.Api;

/// <summary>The options of every command that calls an API.</summary>
/// <param name="environment">Returns an environment variable; null if it is not set.</param>
public sealed class ConnectionOptions(Func<string, string?> environment)
{
    /// <summary>The fan-out API of a local installation.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8093";

    private readonly Option<string?> _url = new("--url") { Description = $"the URL of the fan-out API (CDP_URL, else {DefaultUrl})", Recursive = true };
    private readonly Option<string?> _token = new("--token") { Description = "the API token (CDP_TOKEN)", Recursive = true };
    private readonly Option<bool> _json = new("--json") { Description = "print JSON", Recursive = true };

    public IReadOnlyList<Option> All => [_url, _token, _json];

    public string Url(ParseResult parsed) => parsed.GetValue(_url) ?? environment("CDP_URL") ?? DefaultUrl;

    public string? Token(ParseResult parsed) => parsed.GetValue(_token) ?? environment("CDP_TOKEN");

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);
}
