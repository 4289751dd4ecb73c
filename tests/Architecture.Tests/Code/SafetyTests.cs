using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>Things that a reviewer would have to look for in every change.</summary>
public sealed class SafetyTests
{
    /// <summary>
    /// An operator's pattern is matched against untrusted input. OperatorPattern refuses a pattern that could take exponential time;
    /// our own patterns are generated at build time.
    /// </summary>
    [Fact]
    public void Patterns_OfOperators_AreCompiledByOperatorPattern()
    {
        string[] forbidden = ["new Regex(", "Regex.IsMatch(", "Regex.Match(", "Regex.Replace("];
        var sources = Repository.Files(".cs").Where(file => file.Split('/')[0] is "libs" or "services")
            .Where(file => !file.Contains("/Generator/", StringComparison.Ordinal) && !file.EndsWith("/OperatorPattern.cs", StringComparison.Ordinal));
        Assert.DoesNotContain(sources, file => Repository.Read(file) is var text && forbidden.Any(call => text.Contains(call, StringComparison.Ordinal)));
    }

    /// <summary><c>npm ci</c> uses the registry that the machine is configured for. A lock file that names another one cannot be used elsewhere.</summary>
    [Fact]
    public void LockFiles_OfNpm_NameNoRegistry()
    {
        var files = Repository.Files(".json").Where(file => file.EndsWith("/package-lock.json", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        foreach (var text in files.Select(Repository.Read))
        {
            Assert.Contains("\"integrity\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\"resolved\"", text, StringComparison.Ordinal);
        }
    }
}
