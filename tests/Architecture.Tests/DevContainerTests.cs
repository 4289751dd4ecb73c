using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Cdp.Architecture.Tests;

/// <summary>The dev container has everything that CI installs, so no test is skipped in one and run in the other.</summary>
public sealed partial class DevContainerTests
{
    [Fact]
    public void Dockerfile_Packages_AreThoseOfCi()
    {
        var dockerfile = Repository.Read(".devcontainer/Dockerfile");
        var packages = PackagePattern.Matches(Repository.Read(".ci/run"))
            .SelectMany(match => match.Groups["names"].Value.Split(' '))
            .Where(name => !name.Contains('$'));
        // .ci/run derives the packages of the Python clients from the names of their modules.
        Expect.NoFaults(packages.Append("python3-kafka").Append("python3-confluent-kafka")
            .Where(package => !Regex.IsMatch(dockerfile, $@"\s{Regex.Escape(package)}\s"))
            .Select(package => $".devcontainer/Dockerfile does not install {package}, which .ci/run does"));
    }

    [Fact]
    public void Definition_IsJson_AndNamesTheDockerfile()
    {
        using var definition = JsonDocument.Parse(Repository.Read(".devcontainer/devcontainer.json"));
        Assert.Equal("Dockerfile", definition.RootElement.GetProperty("build").GetProperty("dockerfile").GetString());
    }

    [GeneratedRegex(@"missing\+=\((?<names>[^)]*)\)")]
    private static partial Regex PackagePattern { get; }
}
