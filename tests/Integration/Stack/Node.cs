using System.Diagnostics;
using System.Reflection;
using Cdp.Testing;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>Runs the scripts of sdk/ with node; its packages are installed where they are missing.</summary>
public static class Node
{
    private static readonly string Folder = typeof(Node).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "SdkFolder").Value!;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly SemaphoreSlim Installing = new(1, 1);

    public static async Task RunAsync(params string[] arguments)
    {
        var node = Tool.Require("node", "nodejs");
        await InstallAsync();
        await RunAsync(node, arguments);
    }

    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(Folder, "node_modules"))) await RunAsync(Tool.Require("npm", "npm"), ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardError = true })!;
        using var bound = new CancellationTokenSource(Patience);
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(bound.Token);
            await process.WaitForExitAsync(bound.Token);
            Assert.True(process.ExitCode == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
