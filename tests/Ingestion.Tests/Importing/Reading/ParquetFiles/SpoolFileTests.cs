using Cdp.Ingestion.Importing.Reading.ParquetFiles;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading.ParquetFiles;

/// <summary>The temporary copy of a Parquet file on disk, which exists while the file is read.</summary>
public sealed class SpoolFileTests
{
    [Fact]
    public async Task Sweep_FileInUse_DeletesOnlyFilesOfDeadProcesses()
    {
        var folder = Directory.CreateTempSubdirectory("cdp-spool-").FullName;
        var cancel = TestContext.Current.CancellationToken;
        var (file, _) = await SpoolFile.WriteAsync(new MemoryStream([1, 2, 3]), folder, 100, cancel);
        var inUse = file!;
        // No process has an id this high.
        var ofTheDead = Path.Combine(folder, $"cdp-import-{int.MaxValue}-a");
        var ofAPredecessor = Path.Combine(folder, $"cdp-import-{Environment.ProcessId}-b");
        foreach (var left in new[] { ofTheDead, ofAPredecessor }) await File.WriteAllTextAsync(left, "left", cancel);
        File.SetLastWriteTimeUtc(ofAPredecessor, DateTime.UtcNow.AddDays(-1));

        SpoolFile.DeleteAbandoned(folder);

        Assert.Equal([inUse.Path], Directory.GetFiles(folder));
        inUse.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
