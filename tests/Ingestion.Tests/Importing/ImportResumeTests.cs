using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;
using Event = cdp.Event;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Files whose upload was broken off, by whomever: sent again they are whole, and nothing of them is there twice.</summary>
public sealed class ImportResumeTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imported _imported = new(kafka);

    [Fact]
    public async Task AnyFile_SenderGoesAway_IsWholeWhenSentAgain()
    {
        var lines = Imported.Lines("aborted", 1, 20_000).Select(Encoding.UTF8.GetBytes).ToArray();
        using var sending = await RawUpload.BeginAsync(kafka.Host, "fileId=aborted&format=ndjson");
        // In the middle of a line.
        foreach (var chunk in lines.SelectMany(line => line).Take(lines.Sum(line => line.Length) / 2).Chunk(50_001)) await sending.WriteAsync(chunk);
        await Imported.UntilAsync(() => _imported.Events("aborted").Count > 5_000);
        sending.Abort();

        var again = await Upload.SendAsync(kafka.Host, "fileId=aborted&format=ndjson", lines.SelectMany(line => line).ToArray());
        Assert.Equal(20_000, again.Counts.Read);
        Assert.InRange(again.Counts.Skipped, 5_000, 10_500);
        _imported.AssertOnce("aborted", 20_000);
    }

    [Fact]
    public async Task AnyFile_ServiceIsStopped_SaysSoAndIsWholeWhenSentAgain()
    {
        var lines = Imported.Lines("stopped", 1, 20_000).Select(Encoding.UTF8.GetBytes).ToArray();
        await using (var other = await kafka.StartHostAsync())
        {
            using var sending = await RawUpload.BeginAsync(other, "fileId=stopped&format=ndjson");
            foreach (var line in lines.Take(9_000).Chunk(100)) await sending.WriteAsync(line.SelectMany(bytes => bytes).ToArray());
            await Imported.UntilAsync(() => _imported.Events("stopped").Count == 9_000);
            var answer = sending.ReadAsync();
            Assert.Equal(0, await other.StopAsync());
            var stopped = await answer;
            Assert.Equal("stopping", stopped.Code);
            Assert.Equal((9_000, 0, 9_000, 0), stopped.Counts);
        }

        var again = await Upload.SendAsync(kafka.Host, "fileId=stopped&format=ndjson", lines.SelectMany(line => line).ToArray());
        Assert.Equal((20_000, 9_000, 11_000, 0), again.Counts);
        _imported.AssertOnce("stopped", 20_000);
    }

    [Theory]
    [InlineData(ApiKey.EndTxn, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.EndTxn, FaultDrop.BeforeHandling)]
    [InlineData(ApiKey.Produce, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.AddPartitionsToTxn, FaultDrop.AfterHandling)]
    public async Task AnyFile_LostAnswersOfKafka_IsWholeAllTheSame(ApiKey api, FaultDrop drop)
    {
        var id = $"lost-{api}-{drop}";
        using var sending = await RawUpload.BeginAsync(kafka.Host, $"fileId={id}&format=ndjson");
        await sending.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Imported.Lines(id, 1, 6_000))));
        await Imported.UntilAsync(() => _imported.Events(id).Count == 6_000);
        using var fault = kafka.Faults.Add(new Fault { Api = api, Drop = drop, Times = 2 });
        await sending.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Imported.Lines(id, 6_001, 6_000))));
        await fault.Hit(cancel: TestContext.Current.CancellationToken);
        await sending.EndAsync();

        Assert.Equal((12_000, 0, 12_000, 0), (await sending.ReadAsync()).Counts);
        _imported.AssertOnce(id, 12_000);
    }

    [Fact]
    public async Task AnyFile_NewerUploadOfIt_TakesOver()
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(Imported.Lines("both", 1, 12_000)));
        using var older = await RawUpload.BeginAsync(kafka.Host, "fileId=both&format=ndjson");
        await older.WriteAsync(file.AsMemory(0, file.Length / 2));
        await Imported.UntilAsync(() => _imported.Events("both").Count > 1_000);

        await using var other = await kafka.StartHostAsync();
        var newer = await Upload.SendAsync(other, "fileId=both&format=ndjson", file);
        await older.WriteAsync(file.AsMemory(file.Length / 2));
        await older.EndAsync();

        Assert.Equal("taken_over", (await older.ReadAsync()).Code);
        Assert.True((bool)newer.Last["success"]!);
        Assert.Equal(12_000, newer.Counts.Read);
        _imported.AssertOnce("both", 12_000);
    }

    [Fact]
    public async Task AnyFile_CutShortInsideItsCompression_IsBrokenOffAndGoesOn()
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(Imported.Lines("cut", 1, 8_000)));
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var compressed = Compressed.Of(file, encoding);
            var cut = await Upload.SendAsync(kafka.Host, "fileId=cut&format=ndjson", compressed[..(compressed.Length / 2)], encoding: encoding);
            Assert.Equal("invalid_encoding", cut.Code);
            Assert.Empty(_imported.Quarantined("cut"));
        }

        var whole = await Upload.SendAsync(kafka.Host, "fileId=cut&format=ndjson", file);
        Assert.True((bool)whole.Last["success"]!);
        _imported.AssertOnce("cut", 8_000);
    }
}
