using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>
/// Imports that are aborted because the process is killed, at each stage of a commit: when the file is sent again, the import is completed and no row is
/// imported twice.
/// </summary>
[Trait("tier", "integration")]
public sealed class ImportKillTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const int Lines = 20_000;
    private readonly Imports _imports = new(kafka);

    [Theory]
    [InlineData(null)]
    [InlineData(ApiKey.AddPartitionsToTxn)]
    [InlineData(ApiKey.Produce)]
    [InlineData(ApiKey.EndTxn)]
    public async Task Import_ProcessKilled_IsCompleteAfterResending(ApiKey? during)
    {
        var id = $"killed-{during}";
        var file = Imports.File(id, 1, Lines);
        using var process = new IngestionProcess(kafka.Options, kafka.Host.Sources);
        await process.StartAsync();
        using (var sending = await RawUpload.BeginAsync(process.Client.BaseAddress!, $"fileId={id}&format=ndjson"))
        {
            await sending.WriteAsync(file.AsMemory(0, file.Length / 3));
            await _imports.WaitForLinesAsync(id, count => count > 5_000);
            // The request is delayed for longer than it takes to kill the process, and for less than it takes to start it again.
            using var fault = during is { } api ? kafka.Faults.Add(new Fault { Api = api, Delay = TimeSpan.FromSeconds(1) }) : null;
            await sending.WriteAsync(file.AsMemory(file.Length / 3, file.Length / 3));
            if (fault is not null) await fault.Hit(cancel: TestContext.Current.CancellationToken);
            process.Kill();
        }

        await process.StartAsync();
        var again = await Imports.SendAsync(process.Client, $"fileId={id}&format=ndjson", file);

        Assert.Equal((true, (long)Lines), (again.Success, again.Counts.Read));
        Assert.InRange(again.Counts.Skipped, 5_000, Lines * 2 / 3);
        Assert.Equal(Lines - again.Counts.Skipped, again.Counts.Accepted);
        _imports.AssertImportedOnce(id, Lines);
    }
}
