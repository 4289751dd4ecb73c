using System.Text;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Uploads that were interrupted by either side: when the file is sent again, the import is completed and no row is imported twice.</summary>
[Trait("tier", "integration")]
public sealed class ImportResumeTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Fact]
    public async Task Import_SenderDisconnects_IsCompleteAfterResending()
    {
        var file = Imports.File("aborted", 1, 20_000);
        using var sending = await _imports.BeginAsync("fileId=aborted&format=ndjson");
        // The upload ends in the middle of a line.
        foreach (var chunk in file.Take(file.Length / 2).Chunk(50_001)) await sending.WriteAsync(chunk);
        await _imports.WaitForLinesAsync("aborted", count => count > 5_000);
        sending.Abort();

        var again = await _imports.SendAsync("fileId=aborted&format=ndjson", file);
        Assert.Equal(20_000, again.Counts.Read);
        Assert.InRange(again.Counts.Skipped, 5_000, 10_500);
        _imports.AssertImportedOnce("aborted", 20_000);
    }

    [Fact]
    public async Task Import_ServiceStops_AnswersStoppingAndIsCompleteAfterResending()
    {
        await using (var other = await kafka.StartHostAsync())
        {
            using var sending = await RawUpload.BeginAsync(other.Client.BaseAddress!, "fileId=stopped&format=ndjson");
            foreach (var lines in Imports.Lines("stopped", 1, 9_000).Chunk(100)) await sending.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines)));
            await _imports.WaitForLinesAsync("stopped", count => count == 9_000);
            var answer = sending.ReadAsync();
            Assert.Equal(0, await other.StopAsync());
            var stopped = await answer;
            Assert.Equal("stopping", stopped.ErrorCode);
            Assert.Equal((9_000, 0, 9_000, 0), stopped.Counts);
        }

        var again = await _imports.SendAsync("fileId=stopped&format=ndjson", Imports.File("stopped", 1, 20_000));
        Assert.Equal((20_000, 9_000, 11_000, 0), again.Counts);
        _imports.AssertImportedOnce("stopped", 20_000);
    }

    [Theory]
    [InlineData(ApiKey.EndTxn, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.EndTxn, FaultDrop.BeforeHandling)]
    [InlineData(ApiKey.Produce, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.AddPartitionsToTxn, FaultDrop.AfterHandling)]
    public async Task Import_KafkaAnswersLost_IsComplete(ApiKey api, FaultDrop drop)
    {
        var id = $"lost-{api}-{drop}";
        using var sending = await _imports.BeginAsync($"fileId={id}&format=ndjson");
        await sending.WriteAsync(Imports.File(id, 1, 6_000));
        await _imports.WaitForLinesAsync(id, count => count == 6_000);
        using var fault = kafka.Faults.Add(new Fault { Api = api, Drop = drop, Times = 2 });
        await sending.WriteAsync(Imports.File(id, 6_001, 6_000));
        await fault.Hit(cancel: TestContext.Current.CancellationToken);
        await sending.EndAsync();

        Assert.Equal((12_000, 0, 12_000, 0), (await sending.ReadAsync()).Counts);
        _imports.AssertImportedOnce(id, 12_000);
    }

    [Fact]
    public async Task Import_NewerUploadOfTheSameFile_TakesOver()
    {
        var file = Imports.File("both", 1, 12_000);
        using var older = await _imports.BeginAsync("fileId=both&format=ndjson");
        var half = file.AsMemory(0, file.Length / 2);
        await older.WriteAsync(half);
        // Wait for all of its lines. If some were still to be committed, the older upload would notice the newer one at once, and close the connection
        // before the test has sent the rest.
        await _imports.WaitForLinesAsync("both", count => count == half.Span.Count((byte)'\n'));

        await using var other = await kafka.StartHostAsync();
        var newer = await Imports.SendAsync(other.Client, "fileId=both&format=ndjson", file);
        await older.WriteAsync(file.AsMemory(file.Length / 2));
        await older.EndAsync();

        Assert.Equal("taken_over", (await older.ReadAsync()).ErrorCode);
        Assert.True(newer.Success);
        Assert.Equal(12_000, newer.Counts.Read);
        _imports.AssertImportedOnce("both", 12_000);
    }

    [Fact]
    public async Task Import_CompressedBodyCutShort_FailsAndResumes()
    {
        var file = Imports.File("cut", 1, 8_000);
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var compressed = Compressed.Of(file, encoding);
            var cut = await _imports.SendAsync("fileId=cut&format=ndjson", compressed[..(compressed.Length / 2)], encoding: encoding);
            Assert.Equal("invalid_encoding", cut.ErrorCode);
            Assert.Empty(_imports.QuarantinedRows("cut"));
        }

        var whole = await _imports.SendAsync("fileId=cut&format=ndjson", file);
        Assert.True(whole.Success);
        _imports.AssertImportedOnce("cut", 8_000);
    }
}
