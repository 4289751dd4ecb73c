using System.Globalization;
using System.Security.Cryptography;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading.ParquetFiles;

/// <summary>A temporary file on disk. Parquet can be read only from its end, so the whole upload is stored first.</summary>
public sealed class SpoolFile : IDisposable
{
    // Disk space that is left free for other programs.
    private const long Reserve = 512L * 1024 * 1024;
    private const int CheckEvery = 64 * 1024 * 1024;
    private const string Prefix = "cdp-import-";

    private SpoolFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>The SHA-256 of the content.</summary>
    public byte[] Hash { get; private set; } = [];

    public long Length { get; private set; }

    /// <summary>Writes a stream to a temporary file.</summary>
    /// <param name="body">The stream, which is read to its end.</param>
    /// <param name="folder">The folder for the file, created if it does not exist.</param>
    /// <param name="maxBytes">The largest size in bytes.</param>
    /// <param name="cancel">Cancels writing. The file is deleted then.</param>
    public static async Task<(SpoolFile? File, Rejection? Refused)> WriteAsync(Stream body, string folder, long maxBytes, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        var spool = new SpoolFile(System.IO.Path.Combine(folder, name));
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

    /// <summary>
    /// Deletes files of processes that no longer run. In a container a restarted process often has the same process id, so files with the id of this process
    /// are deleted if they are older than the process.
    /// </summary>
    public static void DeleteAbandoned(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, Prefix + "*"))
        {
            var owner = System.IO.Path.GetFileName(file)[Prefix.Length..].Split('-')[0];
            if (!int.TryParse(owner, CultureInfo.InvariantCulture, out var process)) continue;
            var isAbandoned = process == Environment.ProcessId ? File.GetLastWriteTimeUtc(file) < ProcessStart : !IsRunning(process);
            if (isAbandoned) File.Delete(file);
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
            if (Length > maxBytes) return TooLarge(maxBytes);
            hash.AppendData(chunk, 0, read);
            await file.WriteAsync(chunk.AsMemory(0, read), cancel);
        }
        Hash = hash.GetHashAndReset();
        return null;
    }

    private static Rejection TooLarge(long maxBytes) => new(
        413,
        "file_too_large",
        $"a Parquet file may have at most {maxBytes} bytes, because it is stored on disk while it is read (Imports:SpoolBytes); "
        + "send it in parts, each with its own fileId, or as NDJSON or CSV, which may have any size");

    private static Rejection NoSpace => Rejection.Unavailable with
    {
        Code = "no_space",
        Message = "there is not enough disk space to store a Parquet file while it is read; send it later, or as NDJSON or CSV, which need none",
    };

    private static DateTime ProcessStart
    {
        get
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.StartTime.ToUniversalTime();
        }
    }

    private static bool IsRunning(int process)
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
