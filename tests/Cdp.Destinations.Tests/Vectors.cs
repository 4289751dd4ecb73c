using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Destinations.Tests;

/// <summary>Recorded results of the reference implementations, and the number of them that this implementation agrees with.</summary>
internal static class Vectors
{
    private static readonly string Folder =
        Environment.GetEnvironmentVariable("CDP_VECTORS") is { Length: > 0 } folder ? folder : Path.Combine(Here(), "vectors");

    public static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;

    /// <summary>The calls of one function.</summary>
    public static IEnumerable<JsonObject> Calls(string file, string function) =>
        Read(file).AsArray().Select(call => call!.AsObject()).Where(call => (string?)call["fn"] == function);

    /// <summary>Compares each case, prints the counts, and fails on a difference without a documented reason.</summary>
    /// <param name="name">For the printed line.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="expected">The result of the reference.</param>
    /// <param name="actual">The result of this implementation.</param>
    /// <param name="deliberate">Why this implementation deliberately differs; null if it must agree.</param>
    public static void Compare<T>(string name, IEnumerable<T> cases, Func<T, string> expected, Func<T, string> actual, Func<T, string?> deliberate)
    {
        var (agreed, all) = (0, 0);
        SortedDictionary<string, int> reasons = [];
        List<string> differences = [];
        foreach (var one in cases)
        {
            all++;
            var (want, got) = (expected(one), actual(one));
            if (want == got) agreed++;
            else if (deliberate(one) is { } reason) reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            else differences.Add($"expected {want}\n     got {got}\n      of {one}");
        }
        Console.WriteLine($"{name}: agreed {agreed} of {all}, deliberate {reasons.Values.Sum()}");
        foreach (var (reason, count) in reasons) Console.WriteLine($"  {count}: {reason}");
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join("\n\n", differences.Take(20))}");
        Assert.True(all > 0, $"no case of {name}");
    }

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
