using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>
/// The solution filter of each tier has exactly the projects with tests of that tier. The tests of a missing project would never run, and for a project
/// without any, dotnet test fails.
/// </summary>
public sealed partial class TierTests
{
    [Theory]
    [InlineData("tests/Fast.slnf", false)]
    [InlineData("tests/Integration.slnf", true)]
    public void SolutionFilter_OfATier_HasTheProjectsWithItsTests(string filter, bool isIntegration)
    {
        var expected = Repository.Files(".csproj").Where(project => project.StartsWith("tests/", StringComparison.Ordinal) && HasTests(project, isIntegration));
        using var json = JsonDocument.Parse(Repository.Read(filter));
        var listed = json.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray().Select(path => path.GetString()!.Replace('\\', '/'));
        Assert.Equal(expected.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static bool HasTests(string project, bool isIntegration)
    {
        var folder = Path.GetDirectoryName(project)! + "/";
        var files = Repository.Files(".cs").Where(file => file.StartsWith(folder, StringComparison.Ordinal)).Select(Repository.Read)
            .Where(text => Test().IsMatch(text));
        var isWholeProject = Repository.Read(project).Contains("<TestTier>integration</TestTier>", StringComparison.Ordinal);
        return files.Any(text => isIntegration == (isWholeProject || Mark().IsMatch(text)));
    }

    [GeneratedRegex(@"^\s*\[(Fact|Theory)\b", RegexOptions.Multiline)]
    private static partial Regex Test();

    [GeneratedRegex(@"^\[Trait\(""tier"", ""integration""\)\]", RegexOptions.Multiline)]
    private static partial Regex Mark();
}
