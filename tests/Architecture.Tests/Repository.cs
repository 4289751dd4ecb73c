using System.Runtime.CompilerServices;

namespace Cdp.Architecture.Tests;

/// <summary>The working copy that these tests were built from.</summary>
internal static class Repository
{
    private static readonly HashSet<string> NotOurs = [".git", ".vs", ".idea", "bin", "obj", "node_modules", "TestResults", ".cdp-data"];

    public static readonly string Root = FindRoot();

    /// <summary>Every file with one of the extensions, as a path relative to the root with forward slashes. Build output and packages are left out.</summary>
    public static IEnumerable<string> Files(params string[] extensions) =>
        Walk(new DirectoryInfo(Root)).Where(file => extensions.Contains(file.Extension))
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    /// <summary>The names of the folders directly below one, without hidden ones and build output.</summary>
    public static IEnumerable<string> Folders(string below) =>
        new DirectoryInfo(Absolute(below)).EnumerateDirectories().Select(folder => folder.Name)
            .Where(name => !NotOurs.Contains(name) && !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Absolute(path));

    public static string Absolute(string path) => Path.Combine(Root, path);

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name)).SelectMany(Walk));

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
