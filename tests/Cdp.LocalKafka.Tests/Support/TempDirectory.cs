namespace Cdp.LocalKafka.Tests.Support;

/// <summary>A directory for one test, deleted with it.</summary>
/// <param name="inMemory">Uses an in-memory file system if there is one, because thousands of short-lived logs need no disk.</param>
internal sealed class TempDirectory(bool inMemory = false) : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, "cdp-localkafka-" + Guid.NewGuid().ToString("N"))).FullName
        : Directory.CreateTempSubdirectory("cdp-localkafka-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
