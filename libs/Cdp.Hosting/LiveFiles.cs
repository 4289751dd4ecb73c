using System.Security.Cryptography;
using System.Text;
using Cdp.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting;

/// <summary>
/// What configuration files say, read again when they change. A change that does not read without fault is not taken: what was read before stays,
/// and every fault is in the log once and in the readiness detail until it is mended.
/// </summary>
public sealed class LiveFiles<T>(T first) where T : class
{
    private volatile T _current = first;

    /// <summary>The newest reading without fault. To be asked anew for each request or record.</summary>
    public T Current { get => _current; internal set => _current = value; }
}

public static class LiveFiles
{
    /// <summary>Reads files at the start, where every fault is a fault of the configuration, and watches them from then on.</summary>
    /// <param name="part">Names them in the log and in the readiness detail, such as "sources".</param>
    /// <param name="paths">Files, and folders whose files are read; what does not exist may come later.</param>
    /// <param name="read">Reads all of them, and adds every fault.</param>
    public static LiveFiles<T> AddLiveFiles<T>(this IHostApplicationBuilder builder, string part, IReadOnlyList<string> paths, Func<ICollection<string>, T> read) where T : class
    {
        // Taken before the reading, so that a change in between is seen as one.
        var print = LiveFilesWatch<T>.Fingerprint(paths);
        var errors = new List<string>();
        var live = new LiveFiles<T>(read(errors));
        builder.AddConfigurationErrors(errors);
        builder.Services.AddSingleton(live);
        builder.Services.AddSingleton<IHostedService>(services => new LiveFilesWatch<T>(
            live, part, paths, print, read, services.GetRequiredService<Readiness>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<LiveFilesWatch<T>>>()));
        return live;
    }
}

/// <summary>
/// Compares the bytes every second, and reads what changed once it is the same a second later, so that no file is read half-written. A notification of
/// the file system would not do: Kubernetes swaps a symbolic link, and network folders notify nobody.
/// </summary>
internal sealed partial class LiveFilesWatch<T>(LiveFiles<T> live, string part, IReadOnlyList<string> paths, string print, Func<ICollection<string>, T> read, Readiness readiness, TimeProvider time, ILogger<LiveFilesWatch<T>> logger) : BackgroundService where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private string _read = print;
    private string _seen = print;

    public static string Fingerprint(IReadOnlyList<string> paths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in paths.SelectMany(Files))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(SHA256.HashData(Bytes(file)));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        readiness.Report(part, true);
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) ReadChanged();
        }
        catch (OperationCanceledException)
        {
            // Stopped as asked.
        }
    }

    private void ReadChanged()
    {
        var print = Fingerprint(paths);
        var isSettled = print == _seen;
        _seen = print;
        if (!isSettled || print == _read) return;
        _read = print;
        var errors = new List<string>();
        var reading = read(errors);
        if (errors.Count == 0)
        {
            live.Current = reading;
            readiness.Report(part, true);
            LogTaken(part);
            return;
        }
        readiness.Report(part, true, $"the last change is not taken, what was read before stays: {string.Join("; ", errors)}");
        foreach (var error in errors) LogFault(part, error);
    }

    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : File.Exists(path) ? [path] : [];

    // What cannot be read now is a change all the same, and the reading tells its fault.
    private static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Encoding.UTF8.GetBytes(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Part}: the changed files are taken")]
    private partial void LogTaken(string part);

    [LoggerMessage(LogLevel.Error, "{Part}: a change is not taken, what was read before stays: {Fault}")]
    private partial void LogFault(string part, string fault);
}
