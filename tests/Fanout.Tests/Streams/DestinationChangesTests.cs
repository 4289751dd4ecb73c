using Cdp.Fanout.Configuration;
using Cdp.Fanout.Streams;

namespace Cdp.Fanout.Tests.Streams;

public sealed class DestinationChangesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("destinations");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Between_FilesThatChanged_StopsAndStartsOnlyTheirDestinations()
    {
        Write("a", "");
        Write("b", "");
        Write("c", "");
        var running = Read();
        Write("b", "timeout: 3s");
        File.Delete(Path.Combine(_folder.FullName, "c.yaml"));
        Write("d", "");
        var changes = DestinationChanges.Between(running, Read());
        Assert.Equal(["b", "c"], changes.Stopped);
        Assert.Equal(["b", "d"], changes.Started.Select(destination => destination.Id));
    }

    [Fact]
    public void Between_FilesReadAgain_ChangesNothing()
    {
        Write("a", "");
        var changes = DestinationChanges.Between(Read(), Read());
        Assert.Empty(changes.Stopped);
        Assert.Empty(changes.Started);
    }

    private void Write(string id, string rest) =>
        File.WriteAllText(Path.Combine(_folder.FullName, $"{id}.yaml"), $"id: {id}\ntype: webhook\nallow_private: true\nurl: http://127.0.0.1:9/\n{rest}\n");

    private IReadOnlyList<ConfiguredDestination> Read()
    {
        List<string> errors = [];
        var read = DestinationFiles.Read(_folder.FullName, _ => null, errors);
        Assert.Empty(errors);
        return read;
    }
}
