namespace Cdp.Hosting;

/// <summary>Who may use an API that answers or changes what is known of people. One section, <c>Api</c>, the same in every service that has one.</summary>
public sealed record ApiOptions
{
    /// <summary>SHA-256 of each token, 64 hexadecimal digits. Whoever presents one of the tokens may do everything that the API offers.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors()
    {
        const string Remedy = $"{NewApiToken.Option} prints a token and its hash";
        if (Tokens.Count == 0) yield return $"Api:Tokens is empty, so nobody could use the API; set Api:Tokens:0 (CDP_Api__Tokens__0) to the SHA-256 of a token: {Remedy}";
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (!ApiTokens.IsHash(Tokens[i])) yield return $"Api:Tokens:{i} is not the SHA-256 of a token, 64 hexadecimal digits; {Remedy}";
        }
    }
}
