using System.Security.Cryptography;

namespace Cdp.Ingestion.Sources;

/// <summary>Creates a write key and prints it with its hash. The source's file stores only the hash; the key itself is for the sender.</summary>
public static class NewWriteKey
{
    public const string Option = "--new-write-key";

    public static void Print()
    {
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Console.WriteLine($"write key for the sender: {key}");
        Console.WriteLine("add to the source's file:");
        Console.WriteLine("write_keys:");
        Console.WriteLine($"  - {WriteKeys.Hash(key)}");
    }
}
