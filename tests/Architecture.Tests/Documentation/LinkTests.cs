using Xunit;

namespace Cdp.Architecture.Tests.Documentation;

/// <summary>A document must not point to a file that has moved.</summary>
public sealed class LinkTests
{
    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_OfADocument_PointToFilesAndHeadingsThatExist(string document) =>
        Expect.NoFaults(new MarkdownDocument(Repository.Read(document)).Links.Select(link => Fault(document, link)).OfType<string>());

    /// <summary>The root README links to every service, every top-level folder and every document at the root.</summary>
    [Fact]
    public void Links_OfTheRootDocument_LeadToEveryPart()
    {
        var links = new MarkdownDocument(Repository.Read("README.md")).Links.ToHashSet();
        var services = Repository.Folders("services").Select(service => $"services/{service}");
        var documents = Repository.Files(".md").Where(file => !file.Contains('/') && file != "README.md");
        Expect.NoFaults(Repository.Folders("").Concat(services).Concat(documents)
            .Where(part => !links.Contains(part))
            .Select(part => $"README.md does not link {part}"));
    }

    private static string? Fault(string document, string link)
    {
        if (Uri.TryCreate(link, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto") return null;
        var parts = link.Split('#', 2);
        var path = Uri.UnescapeDataString(parts[0]);
        var target = path.Length == 0 ? document : Relative(document, path);
        if (!Exists(target)) return $"{document}: {link} does not exist";
        if (parts.Length == 1) return null;
        // GitHub shows the README of a folder that is linked.
        if (Directory.Exists(Repository.Absolute(target))) target = Path.Combine(target, "README.md");
        if (!target.EndsWith(".md", StringComparison.Ordinal)) return null;
        return File.Exists(Repository.Absolute(target)) && new MarkdownDocument(Repository.Read(target)).Anchors.Contains(parts[1])
            ? null
            : $"{document}: {link} names a heading that {target} does not have";
    }

    private static string Relative(string document, string path) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, path)));

    private static bool Exists(string path) => File.Exists(Repository.Absolute(path)) || Directory.Exists(Repository.Absolute(path));
}
