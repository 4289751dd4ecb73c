namespace Cdp.Chaos.Faults;

/// <summary>
/// The file in which Redis persists its writes. With <c>appendfsync everysec</c> a killed Redis loses nothing, because the operating system has its writes; a
/// machine that loses power loses everything since the last fsync, a second or two.
/// </summary>
public static class AppendOnlyFile
{
    private static readonly TimeSpan FsyncInterval = TimeSpan.FromSeconds(1);

    /// <summary>Kills Redis and removes its writes of the preceding second.</summary>
    public static async Task CutAsync(string folder, Action kill, CancellationToken stopping)
    {
        // There is exactly one incremental file, because automatic rewriting is switched off.
        var file = Directory.GetFiles(Path.Combine(folder, "appendonlydir"), "*.incr.aof").Single();
        var synced = new FileInfo(file).Length;
        await Task.Delay(FsyncInterval, stopping);
        kill();
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        // When Redis reads the file, it drops a truncated command at the end (aof-load-truncated).
        stream.SetLength(synced);
    }
}
