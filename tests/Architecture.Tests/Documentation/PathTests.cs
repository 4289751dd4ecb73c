using System.Text.RegularExpressions;
using Xunit;

namespace Cdp.Architecture.Tests.Documentation;

/// <summary>Documents also name files in code spans, and those files can move too.</summary>
public sealed partial class PathTests
{
    // Created by users of the local installation.
    private const string LocalConfig = "services/Local/config/";

    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Paths_OfADocument_Exist(string document) =>
        Expect.NoFaults(new MarkdownDocument(Repository.Read(document)).CodeSpans
            .Where(span => PathPattern.IsMatch(span) && !span.StartsWith(LocalConfig, StringComparison.Ordinal))
            .Where(path => !File.Exists(Repository.Absolute(path)) && !Directory.Exists(Repository.Absolute(path)))
            .Select(path => $"{document}: {path} does not exist"));

    // A path from the root without a placeholder, such as NAME or *.
    [GeneratedRegex(@"^(\.ci|\.devcontainer|libs|schemas|services|tests)/(?!.*\b[A-Z]{2,}\b(?!\.md))[\w./-]+$")]
    private static partial Regex PathPattern { get; }
}
