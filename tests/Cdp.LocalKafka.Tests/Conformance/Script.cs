using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>A client that is not ours, driven by a script of scripts/ (see its README).</summary>
/// <param name="Name">What its records' header says.</param>
/// <param name="Codecs">Those that the client has as it is installed.</param>
internal sealed record Script(string Name, string Program, string File, string[] Codecs)
{
    private const int NotInstalled = 77;

    private static readonly string[] AllCodecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    private static readonly string Folder = typeof(Script).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "ScriptsFolder").Value!;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static readonly Script[] Each =
    [
        new("kcat", "bash", "kcat.sh", AllCodecs),
        new("confluent-python", "/usr/bin/python3", "confluent_python.py", AllCodecs),
        new("kafka-python", "/usr/bin/python3", "kafka_python.py", ["none", "gzip"]),
        new("kafkajs", "node", "kafkajs.js", ["none", "gzip"]),
    ];

    public static Script Of(string name) => Each.Single(script => script.Name == name);

    /// <summary>Runs a command, which must succeed.</summary>
    public async Task Run(params string[] arguments)
    {
        var (code, output) = await End(arguments);
        Assert.True(code == 0, $"{File} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    /// <summary>Without the client the test is skipped; in CI, which has it, it fails.</summary>
    public async Task Require()
    {
        var (code, output) = await End(["tool"]);
        if (code == 0) return;
        if (code != NotInstalled || Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"{Name}: {output}");
        Assert.Skip(output);
    }

    public async Task<bool> IsInstalled() => (await End(["tool"])).Code == 0;

    private async Task<(int Code, string Output)> End(string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using var process = new Process { StartInfo = new ProcessStartInfo(Program, [File, .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true } };
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
