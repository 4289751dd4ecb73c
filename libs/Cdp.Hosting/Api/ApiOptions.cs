namespace Cdp.Hosting.Api;

/// <summary>Who may use an API that reads or changes data about people. Section <c>Api</c>, the same in every service that has such an API.</summary>
public sealed record ApiOptions
{
    /// <summary>The SHA-256 of each token, as 64 hexadecimal digits. A caller with one of the tokens may use the whole API.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Every error, with its key and remedy; empty if the options are valid.</summary>
    public IEnumerable<string> Errors()
    {
        const string Remedy = $"{NewApiToken.Option} prints a token and its hash";
        if (Tokens.Count == 0)
            yield return $"Api:Tokens is empty, so nobody could use the API; set Api:Tokens:0 (CDP_Api__Tokens__0) to the SHA-256 of a token: {Remedy}";
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (!ApiTokens.IsHash(Tokens[i])) yield return $"Api:Tokens:{i} is not the SHA-256 of a token, which is 64 hexadecimal digits; {Remedy}";
        }
    }
}
