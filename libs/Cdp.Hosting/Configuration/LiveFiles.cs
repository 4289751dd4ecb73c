using System.Security.Cryptography;
using System.Text;
using Cdp.Streaming.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Configuration;

/// <summary>
/// The content of configuration files, reloaded when they change. A change with errors is rejected and the previous content stays in force; each error is
/// logged once, and is shown in /health/ready until it is fixed.
/// </summary>
public sealed class LiveFiles<T>(T first) where T : class
{
    private volatile T _current = first;

    /// <summary>The latest valid content. Read it again for each request or record.</summary>
    public T Current { get => _current; internal set => _current = value; }
}

/// <summary>The files of a <see cref="LiveFilesWatch{T}"/>.</summary>
/// <param name="Part">The name of the files in the log and in /health/ready.</param>
/// <param name="Paths">Files, and folders of files.</param>
/// <param name="Fingerprint">The hash of the content that was read first.</param>
internal sealed record WatchedFiles(string Part, IReadOnlyList<string> Paths, string Fingerprint);

/// <summary>Registers configuration files that are reloaded when they change.</summary>
public static class LiveFiles
{
    /// <summary>Reads files at the start, when every error is a configuration error, and watches them from then on.</summary>
    /// <param name="builder">The builder of the host.</param>
    /// <param name="part">The name of the files in the log and in /health/ready, such as "sources".</param>
    /// <param name="paths">Files, and folders of files. A path need not exist yet.</param>
    /// <param name="read">Reads all files, and adds every error to the collection.</param>
    public static LiveFiles<T> AddLiveFiles<T>(
        this IHostApplicationBuilder builder, string part, IReadOnlyList<string> paths, Func<ICollection<string>, T> read)
        where T : class
    {
        // Taken before the files are read, so that a change in between is noticed.
        var print = LiveFilesWatch<T>.Fingerprint(paths);
        var errors = new List<string>();
        var live = new LiveFiles<T>(read(errors));
        builder.AddConfigurationErrors(errors);
        builder.Services.AddSingleton(live);
        builder.Services.AddSingleton<IHostedService>(services => new LiveFilesWatch<T>(
            live,
            new WatchedFiles(part, paths, print),
            read,
            services.GetRequiredService<Readiness>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<LiveFilesWatch<T>>>()));
        return live;
    }
}

/// <summary>
/// Compares the content of the files every second, and reloads them when a change is a second old, so that no file is read while it is being written. File
/// system notifications would not suffice: Kubernetes swaps a symbolic link, and network folders send none.
/// </summary>
internal sealed partial class LiveFilesWatch<T>(
    LiveFiles<T> live,
    WatchedFiles files,
    Func<ICollection<string>, T> read,
    Readiness readiness,
    TimeProvider time,
    ILogger<LiveFilesWatch<T>> logger) : BackgroundService
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // The fingerprints of what was read last, and of what the last comparison found.
    private string _read = files.Fingerprint;
    private string _found = files.Fingerprint;
    private List<string> _errors = [];

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
        readiness.Report(files.Part, true);
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) ReadChanged();
        }
        catch (OperationCanceledException)
        {
            // A normal stop.
        }
    }

    private void ReadChanged()
    {
        var print = Fingerprint(files.Paths);
        var isSettled = print == _found;
        _found = print;
        if (!isSettled || print == _read) return;
        var errors = new List<string>();
        var reading = Read(errors);
        // If the files could not be read at all, they are tried again.
        if (reading is not null) _read = print;
        var isNew = !errors.SequenceEqual(_errors);
        _errors = errors;
        if (errors.Count == 0)
        {
            live.Current = reading!;
            readiness.Report(files.Part, true);
            LogReloaded(files.Part);
            return;
        }
        if (!isNew) return;
        readiness.Report(files.Part, true, $"last change rejected; keeping the previous configuration: {string.Join("; ", errors)}");
        foreach (var error in errors) LogRejected(files.Part, error);
    }

    // Files may disappear or become unreadable between two comparisons. That must not end the watch, and with it the process.
    private T? Read(List<string> errors)
    {
        try
        {
            return read(errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{string.Join(", ", files.Paths)}: cannot be read: {e.Message}; fix the permissions of the files");
            return null;
        }
    }

    private static string[] Files(string path)
    {
        try
        {
            return Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)] : File.Exists(path) ? [path] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [path];
        }
    }

    // An unreadable file counts as a change too; the reload then reports the error. The same applies to a folder.
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

    [LoggerMessage(LogLevel.Information, "{Part}: reloaded the changed files")]
    private partial void LogReloaded(string part);

    [LoggerMessage(LogLevel.Error, "{Part}: change rejected; keeping the previous configuration: {Error}")]
    private partial void LogRejected(string part, string error);
}
