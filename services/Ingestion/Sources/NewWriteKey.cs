using System.Security.Cryptography;
using System.Text;

namespace Cdp.Ingestion.Sources;

/// <summary>Draws a write key. Only its hash is written to a file; the key itself is shown once, to be given to the sender.</summary>
public static class NewWriteKey
{
    public const string Option = "--new-write-key";

    public static void Print()
    {
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Console.WriteLine($"write key, for the sender: {key}");
        Console.WriteLine("for the source's file:");
        Console.WriteLine("write_keys:");
        Console.WriteLine($"  - {WriteKeys.Hash(key)}");
    }
}
