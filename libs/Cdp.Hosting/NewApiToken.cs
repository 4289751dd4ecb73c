using System.Security.Cryptography;

namespace Cdp.Hosting;

/// <summary>Draws a token. Only its hash is configured; the token itself is shown once, to be given to whoever may use the API.</summary>
public static class NewApiToken
{
    public const string Option = "--new-token";

    /// <summary>128 bits as 32 hexadecimal digits.</summary>
    public static string Draw() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public static void Print()
    {
        var token = Draw();
        Console.WriteLine($"token, for the caller: {token}");
        Console.WriteLine("for the service's configuration:");
        Console.WriteLine($"CDP_Api__Tokens__0={ApiTokens.Hash(token)}");
    }
}
