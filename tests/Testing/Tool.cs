using Xunit;

namespace Cdp.Testing;

/// <summary>Programs that tests need and that a machine may lack.</summary>
public static class Tool
{
    /// <summary>The path of a program. If it is not installed, the test is skipped; in CI it fails.</summary>
    /// <param name="name">The file name of the program.</param>
    /// <param name="package">The Debian package to name in the message.</param>
    public static string Require(string name, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var found = folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (found is null) Missing($"{name} is not installed; on Debian: apt-get install {package}");
        return found!;
    }

    /// <summary>Skips the test with a reason; in CI fails it.</summary>
    public static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Skip(reason);
    }
}
