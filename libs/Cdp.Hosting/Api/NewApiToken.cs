using System.Security.Cryptography;

namespace Cdp.Hosting.Api;

/// <summary>Creates tokens. Only the hash goes into the configuration; the token itself is printed once, for the caller of the API.</summary>
public static class NewApiToken
{
    /// <summary>The command-line option that prints a new token.</summary>
    public const string Option = "--new-token";

    /// <summary>A random token: 128 bits as 32 hexadecimal digits.</summary>
    public static string Draw() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Prints a new token and the environment variable with its hash.</summary>
    public static void Print()
    {
        var token = Draw();
        Console.WriteLine($"token, for the caller: {token}");
        Console.WriteLine("for the service's configuration:");
        Console.WriteLine($"CDP_Api__Tokens__0={ApiTokens.Hash(token)}");
    }
}
