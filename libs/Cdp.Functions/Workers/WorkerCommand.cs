using System.Diagnostics;
using System.Globalization;
using Cdp.Functions.Contracts;

namespace Cdp.Functions.Workers;

/// <summary>How a worker process is started: this assembly is its executable.</summary>
internal static class WorkerCommand
{
    /// <summary>The command, with pipes for everything and nothing of this process's environment.</summary>
    /// <exception cref="FunctionException">The files of the worker are missing.</exception>
    public static ProcessStartInfo Create(FunctionLimits limits)
    {
        var assembly = typeof(WorkerCommand).Assembly.Location;
        if (assembly.Length == 0 || !File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json")))
        {
            throw new FunctionException(
                "the worker of untrusted functions is not beside the executable: publish without PublishSingleFile, so that Cdp.Functions.dll and "
                + "Cdp.Functions.runtimeconfig.json are files, or declare the function trusted");
        }
        var start = Host() is { } dotnet
            ? new ProcessStartInfo(dotnet, ["exec", assembly])
            : new ProcessStartInfo(Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null)!);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetDirectoryName(assembly);
        var systemRoot = start.Environment.TryGetValue("SystemRoot", out var value) ? value : null;
        start.Environment.Clear();
        // Windows cannot open a socket or load its own libraries without it.
        if (OperatingSystem.IsWindows()) start.Environment["SystemRoot"] = systemRoot;
        start.Environment["DOTNET_GCHeapHardLimit"] = limits.WorkerHeapBytes.ToString("X", CultureInfo.InvariantCulture);
        // No diagnostic socket, no dump: both hold what senders sent.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }

    // The dotnet of the running runtime; null if the application has a runtime of its own.
    private static string? Host()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var shared = Path.GetFullPath(Path.Combine(runtime, "..", ".."));
        var dotnet = Path.Combine(shared, "..", name);
        return Path.GetFileName(shared) == "shared" && File.Exists(dotnet) ? Path.GetFullPath(dotnet) : null;
    }
}
