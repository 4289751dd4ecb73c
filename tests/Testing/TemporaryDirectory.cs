namespace Cdp.Testing;

/// <summary>A directory that is deleted on disposal.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cdp-test-").FullName;

    /// <summary>The path of a file or folder in it.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
