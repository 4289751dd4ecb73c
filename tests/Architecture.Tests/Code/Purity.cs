namespace Cdp.Architecture.Tests.Code;

/// <summary>
/// What makes a file impure: Kafka, Redis, HTTP, DuckDB, logging, options, the clock, random numbers, files, threads and tasks.
/// A pure file decides from its arguments alone, so its tests need only values, and a replay of the log makes the same decisions.
/// </summary>
internal static class Purity
{
    private static readonly string[] ImpureNamespaces =
    [
        "Confluent", "StackExchange", "Microsoft.Extensions", "Microsoft.AspNetCore", "DuckDB", "OpenTelemetry",
        "System.Net.Http", "System.Net.Sockets", "System.Threading", "System.Diagnostics.Metrics",
    ];

    private static readonly string[] ImpureNames =
    [
        "UtcNow", "TimeProvider", "Stopwatch", "NewGuid", "RandomNumberGenerator", "Random",
        "File", "Directory", "FileStream", "FileInfo", "Console", "Environment", "Process",
        "Task", "ValueTask", "IAsyncEnumerable", "Thread", "Channel", "Lock", "Interlocked", "Volatile",
        "ILogger", "Activity", "Meter", "HttpContext", "IDatabase",
    ];

    /// <summary>The first namespace or name that makes the file impure; null for a pure file.</summary>
    public static string? Blemish(IReadOnlySet<string> usings, IReadOnlySet<string> names) =>
        usings.FirstOrDefault(name => ImpureNamespaces.Any(impure => name == impure || name.StartsWith(impure + ".", StringComparison.Ordinal)))
        ?? ImpureNames.FirstOrDefault(names.Contains);
}
