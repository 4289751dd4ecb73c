using System.Text.RegularExpressions;
using Xunit;

namespace Cdp.Architecture.Tests.Documentation;

/// <summary>Documents name the test that proves a claim. That test must exist.</summary>
public sealed partial class TestNameTests
{
    private static readonly Lazy<string> TestSources =
        new(() => string.Join('\n', Repository.Files(".cs").Where(file => file.StartsWith("tests/", StringComparison.Ordinal)).Select(Repository.Read)));

    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void TestNames_InADocument_Exist(string document) =>
        Expect.NoFaults(new MarkdownDocument(Repository.Read(document)).CodeSpans
            .Where(span => NamePattern.IsMatch(span))
            .Where(name => !IsDeclared(name))
            .Select(name => $"{document}: there is no test {name}"));

    // A name that ends in an ellipsis means every test whose name begins with it.
    private static bool IsDeclared(string name)
    {
        var declaration = name.EndsWith('…') ? $" {name[..^1]}" : name.Contains('_') ? $" {name}(" : $"class {name}";
        return TestSources.Value.Contains(declaration, StringComparison.Ordinal);
    }

    // Method_Condition_Expectation, or the name of a test class that is not the name of a project.
    [GeneratedRegex(@"^(?!Method_Condition)(?:[A-Z][a-z]\w*?(?:_[A-Z]\w*)+_?…?|[A-Z]\w*Tests)$")]
    private static partial Regex NamePattern { get; }
}
