using Xunit;

namespace Cdp.Architecture.Tests;

/// <summary>Assertions that print every fault in full, one per line. Those of xunit truncate long strings and collections.</summary>
internal static class Expect
{
    public static void NoFaults(IEnumerable<string> faults)
    {
        string[] found = [.. faults];
        if (found.Length > 0) Assert.Fail($"{found.Length} faults:\n{string.Join('\n', found)}");
    }
}
