namespace Cdp.LocalKafka.Tests;

/// <summary>A directory for one test, removed with it.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cdp-localkafka-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
