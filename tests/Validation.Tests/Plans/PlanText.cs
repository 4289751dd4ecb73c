using Cdp.Validation.Plans;
using Xunit;

namespace Cdp.Validation.Tests.Plans;

/// <summary>A temporary folder of plan files.</summary>
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
        var plans = PlanFiles.Read(_folder.FullName, errors);
        return (plans, [.. errors.Select(error => error.Replace(_folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))]);
    }

    /// <summary>The plan in a text that must be valid.</summary>
    public static TrackingPlan Plan(string text, string source = "web")
    {
        using var folder = new PlanText(text);
        var (plans, errors) = folder.Read();
        Assert.Empty(errors);
        return plans.For(source)!;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
