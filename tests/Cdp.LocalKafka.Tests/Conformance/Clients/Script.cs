using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace Cdp.LocalKafka.Tests.Conformance.Clients;

/// <summary>A third-party client, driven by one of the scripts in scripts/ (see the README there).</summary>
/// <param name="Name">The client name that its records carry in a header.</param>
/// <param name="Codecs">The compression codecs that a plain installation of the client supports.</param>
internal sealed record Script(string Name, string Program, string File, string[] Codecs)
{
    private const int NotInstalled = 77;

    private static readonly string[] AllCodecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    private static readonly string Folder = typeof(Script).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
        metadata => metadata.Key == "ScriptsFolder").Value!;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static readonly Script[] All =
    [
        new("kcat", "bash", "kcat.sh", AllCodecs),
        new("confluent-python", "/usr/bin/python3", "confluent_python.py", AllCodecs),
        new("kafka-python", "/usr/bin/python3", "kafka_python.py", ["none", "gzip"]),
        new("kafkajs", "node", "kafkajs.js", ["none", "gzip"]),
    ];

    public static Script Of(string name) => All.Single(script => script.Name == name);

    /// <summary>Runs a command and fails the test when the command fails.</summary>
    public async Task Run(params string[] arguments)
    {
        var (code, output) = await RunToEnd(arguments);
        Assert.True(code == 0, $"{File} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    /// <summary>Skips the test when the client is not installed. CI has every client, so there the test fails instead.</summary>
    public async Task Require()
    {
        var (code, output) = await RunToEnd(["tool"]);
        if (code == 0) return;
        if (code != NotInstalled || Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"{Name}: {output}");
        Assert.Skip(output);
    }

    public async Task<bool> IsInstalled() => (await RunToEnd(["tool"])).Code == 0;

    private async Task<(int Code, string Output)> RunToEnd(string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Timeout);
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(Program, [File, .. arguments])
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return (NotInstalled, $"{Program} is not installed");
        }
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (await output + await errors).Trim());
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
