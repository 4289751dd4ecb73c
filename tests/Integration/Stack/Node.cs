using System.Reflection;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>Runs the scripts of sdk/ with node. Installs their packages if they are missing.</summary>
public static class Node
{
    private static readonly string Folder =
        typeof(Node).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "SdkFolder").Value!;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
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
            if (Directory.Exists(Path.Combine(Folder, "node_modules"))) return;
            await RunAsync(Tool.Require("npm", "npm"), ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        var (exitCode, _, error) = await ToolProcess.RunAsync(program, arguments, Bound, Folder);
        Assert.True(exitCode == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} exited with {exitCode}: {error}");
    }
}
