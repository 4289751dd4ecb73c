using System.Diagnostics;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>kcat, as a person at a terminal would use it.</summary>
public sealed class KcatTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Produce_ThenConsumeInAGroup_ReadsTheSame(string codec)
    {
        var topic = await kafka.Topic();
        var lines = string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i}\n"));

        await Kcat(lines, "-P", "-t", topic, "-z", codec, "-X", "enable.idempotence=true");
        Assert.Equal(lines, await Kcat("", "-G", kafka.Name("kcat"), "-X", "auto.offset.reset=earliest", "-X", "isolation.level=read_committed", "-c", "500", "-q", topic));
        Assert.Contains($"topic \"{topic}\" with 1 partitions", await Kcat("", "-L", "-t", topic), StringComparison.Ordinal);
    }

    private async Task<string> Kcat(string input, params string[] arguments)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, "kcat"))))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("kcat is not installed: CI must have it (apt-get install kcat)");
            Assert.Skip("kcat is not installed");
        }

        var start = new ProcessStartInfo("kcat") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-b", kafka.Bootstrap, .. arguments]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Client.Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"kcat {string.Join(' ', arguments)}: {await errors}");
            return await output;
        }
        finally
        {
            process.Kill();
        }
    }
}
