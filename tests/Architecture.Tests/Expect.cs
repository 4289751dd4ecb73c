using Xunit;

namespace Cdp.Architecture.Tests;

/// <summary>Assertions that name every fault in full, one a line: xunit's own cut long texts and long collections short.</summary>
internal static class Expect
{
    public static void NoFaults(IEnumerable<string> faults)
    {
        string[] found = [.. faults];
        if (found.Length > 0) Assert.Fail($"{found.Length} faults:\n{string.Join('\n', found)}");
    }
}
