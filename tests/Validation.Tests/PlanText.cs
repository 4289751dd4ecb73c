using Cdp.Validation.Plans;

namespace Cdp.Validation.Tests;

/// <summary>A folder of plan files that goes away with the test.</summary>
internal sealed class PlanText : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plans");

    public PlanText(params string[] files)
    {
        for (var i = 0; i < files.Length; i++) File.WriteAllText(Path.Combine(_folder.FullName, $"{(char)('a' + i)}.yaml"), files[i]);
    }

    public (TrackingPlans Plans, string[] Errors) Read()
    {
        var errors = new List<string>();
        return (PlanFiles.Read(_folder.FullName, errors), [.. errors.Select(error => error.Replace(_folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))]);
    }

    /// <summary>The one plan of a text that must be right.</summary>
    public static TrackingPlan Plan(string text, string source = "web")
    {
        using var folder = new PlanText(text);
        var (plans, errors) = folder.Read();
        Assert.Empty(errors);
        return plans.For(source)!;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
