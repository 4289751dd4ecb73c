using System.Globalization;
using System.Security.Cryptography;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A file on disk for as long as it is read: Parquet begins to be readable at its end.</summary>
public sealed class SpoolFile : IDisposable
{
    // So much stays free for everything else that writes to the disk.
    private const long Reserve = 512L * 1024 * 1024;
    private const int CheckEvery = 64 * 1024 * 1024;
    private const string Prefix = "cdp-import-";

    private SpoolFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>SHA-256 of what it holds.</summary>
    public byte[] Hash { get; private set; } = [];

    public long Length { get; private set; }

    /// <summary>Writes a stream to disk, to its end.</summary>
    /// <param name="body">The stream.</param>
    /// <param name="folder">Where the file is for the time.</param>
    /// <param name="maxBytes">How long it may be.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<(SpoolFile? File, Rejection? Refused)> WriteAsync(Stream body, string folder, long maxBytes, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var spool = new SpoolFile(System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}")));
        try
        {
            var refused = await spool.FillAsync(body, maxBytes, cancel);
            if (refused is null) return (spool, null);
            spool.Dispose();
            return (null, refused);
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    /// <summary>Deletes what a process that was killed left behind. In a container the next process often has its number, so a file of this number is left behind where it is older than this process.</summary>
    public static void Sweep(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, Prefix + "*"))
        {
            var owner = System.IO.Path.GetFileName(file)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out var process) && (process == Environment.ProcessId ? File.GetLastWriteTimeUtc(file) < Began : !IsAlive(process))) File.Delete(file);
        }
    }

    public void Dispose() => File.Delete(Path);

    private async Task<Rejection?> FillAsync(Stream body, long maxBytes, CancellationToken cancel)
    {
        await using var file = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[80 * 1024];
        var checkAt = 0L;
        while (true)
        {
            if (Length >= checkAt)
            {
                if (new DriveInfo(Path).AvailableFreeSpace < Reserve + CheckEvery) return NoSpace;
                checkAt = Length + CheckEvery;
            }
            var read = await BrokenFileException.ReadAsync(body, chunk, cancel);
            if (read == 0) break;
            Length += read;
            if (Length > maxBytes) return new Rejection(413, "file_too_large", $"a Parquet file is kept on disk while it is read, and may have {maxBytes} bytes (Imports:SpoolBytes); send it in parts, each with a fileId of its own, or as NDJSON or CSV, which may have any size");
            hash.AppendData(chunk, 0, read);
            await file.WriteAsync(chunk.AsMemory(0, read), cancel);
        }
        Hash = hash.GetHashAndReset();
        return null;
    }

    private static Rejection NoSpace => Rejection.Unavailable with { Code = "no_space", Message = "no space is left on disk to keep a Parquet file while it is read; send it later, or as NDJSON or CSV, which need none" };

    private static DateTime Began
    {
        get
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.StartTime.ToUniversalTime();
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
