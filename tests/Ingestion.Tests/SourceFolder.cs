using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests;

/// <summary>A folder of source files that a test writes and reads.</summary>
internal sealed class SourceFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>The path of a file in the folder.</summary>
    public string PathOf(string name) => _directory.Combine(name);

    /// <summary>Writes the files as 0.yaml, 1.yaml and so on, and reads the folder.</summary>
    public (IReadOnlyList<Source> Sources, List<string> Errors) Read(params string[] files)
    {
        for (var i = 0; i < files.Length; i++) File.WriteAllText(PathOf($"{i}.yaml"), files[i]);
        var errors = new List<string>();
        return (SourceFiles.Read([_directory.Path], new LimitOptions(), errors), errors);
    }

    /// <summary>Reads one source. Its file begins with its id and write key; these keys follow from line 3 on.</summary>
    public (Source Source, List<string> Errors) ReadOne(string keys)
    {
        var (sources, errors) = Read($"id: s\nwrite_keys: {WriteKeys.Hash("k")}\n{keys}\n");
        return (Assert.Single(sources), errors);
    }

    public void Dispose() => _directory.Dispose();
}
