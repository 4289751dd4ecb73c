namespace Cdp.Chaos.Faults;

/// <summary>
/// What Redis keeps on disk. With <c>appendfsync everysec</c> a killed Redis loses nothing, since the system has its writes; a machine that loses its power loses
/// what was written since the last fsync, a second or two.
/// </summary>
public static class AppendOnlyFile
{
    private static readonly TimeSpan Unsynced = TimeSpan.FromSeconds(1);

    /// <summary>Kills Redis and takes away what it wrote in the second before.</summary>
    public static async Task CutAsync(string folder, Action kill, CancellationToken stopping)
    {
        // Redis writes to one file of increments; it is told not to rewrite them.
        var file = Directory.GetFiles(Path.Combine(folder, "appendonlydir"), "*.incr.aof").Single();
        var synced = new FileInfo(file).Length;
        await Task.Delay(Unsynced, stopping);
        kill();
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        // A command that is cut in two is dropped when the file is read (aof-load-truncated).
        stream.SetLength(synced);
    }
}
