using Xunit;

namespace Cdp.Testing;

/// <summary>Programs that tests use and a machine may lack.</summary>
public static class Tool
{
    /// <summary>The path of a program. Without it the test is skipped, in CI it fails.</summary>
    public static string Require(string name, string package)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (found is null) Missing($"{name} is not installed; on Debian: apt-get install {package}");
        return found!;
    }

    /// <summary>Skips the test with the reason; in CI fails it.</summary>
    public static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Skip(reason);
    }
}
