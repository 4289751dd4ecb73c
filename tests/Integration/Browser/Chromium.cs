using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Xunit;

namespace Cdp.Integration.Browser;

/// <summary>Runs a scenario of browse.js in a new Chromium. If Chromium, node or the packages are missing, the test is skipped; in CI it fails.</summary>
public static class Chromium
{
    /// <summary>The folder of browse.js and the npm packages.</summary>
    public static readonly string Folder = typeof(Chromium).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
        metadata => metadata.Key == "BrowserFolder").Value!;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private static readonly SemaphoreSlim Installing = new(1, 1);

    public static string Packages => Path.Combine(Folder, "node_modules");

    /// <summary>Checks that everything needed is installed, before a test starts anything.</summary>
    public static async Task RequireAsync()
    {
        Tool.Require("chromium", "chromium");
        Tool.Require("node", "nodejs");
        await Installing.WaitAsync();
        try
        {
            if (Directory.Exists(Packages)) return;
            var (exitCode, _, errors) = await RunAsync(Tool.Require("npm", "npm"), ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
            if (exitCode != 0) Tool.Missing($"npm could not install the packages of {Folder}: {errors}");
        }
        finally
        {
            Installing.Release();
        }
    }

    /// <param name="scenario">The name of the scenario.</param>
    /// <param name="options">The options, passed as JSON.</param>
    /// <param name="meanwhile">The test's part of the scenario, which waits for it.</param>
    /// <returns>What the scenario observed.</returns>
    public static async Task<JsonElement> RunAsync(string scenario, Dictionary<string, object> options, Func<Task>? meanwhile = null)
    {
        options["chromium"] = Tool.Require("chromium", "chromium");
        var (exitCode, lines, errors) = await RunAsync(Tool.Require("node", "nodejs"), ["browse.js", scenario, JsonSerializer.Serialize(options)], meanwhile);
        Assert.True(exitCode == 0, $"browse.js {scenario} exited with {exitCode}: {errors}");
        return JsonSerializer.Deserialize<JsonElement>(lines[^1]);
    }

    private static async Task<(int ExitCode, List<string> Lines, string Errors)> RunAsync(string program, string[] arguments, Func<Task>? meanwhile = null)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(bound.Token);
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
            {
                lines.Add(line);
                if (line != "your turn") continue;
                if (meanwhile is not null) await meanwhile();
                await process.StandardInput.WriteLineAsync();
            }
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, lines, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
