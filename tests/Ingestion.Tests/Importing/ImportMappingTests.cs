using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Rows that a mapping turns into events.</summary>
[Trait("tier", "integration")]
public sealed class ImportMappingTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    private readonly Imports _imports = new(kafka);

    public async ValueTask InitializeAsync() =>
        await kafka.Host.AddSourceAsync("large", "LARGE", """
            type: server
            import:
              each-item:
                each: $.items
                rules: [{ events: [{ type: track, event: E, userId: u, properties: { all: $ } }] }]
              one-event:
                rules: [{ events: [{ type: track, event: E, userId: u, properties: { all: { $each: $.items, row: $ } } }] }]
            """);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("each-item", "the mapping produces events of more than 4194304 bytes in total")]
    [InlineData("one-event", "the mapping produces an event of more than 32768 bytes")]
    public async Task Import_MappingMakesTooMuchOfARow_RejectsTheRow(string mapping, string fault)
    {
        var answer = await _imports.SendAsync($"fileId={mapping}&format=ndjson&mapping={mapping}", Row(2, 10) + Row(400, 20_000) + Row(3, 10), "LARGE");

        Assert.Equal((3, 0, 2, 1), answer.Counts);
        Assert.Equal(
            $"2 event_too_large {fault}; change the mapping to produce less per row, or raise Limits:EventBytes or Limits:RequestBytes",
            Assert.Single(answer.Faults).ToString());
    }

    [Fact]
    public async Task Import_MappingMakesMuchOfSmallRows_CommitsThemInParts()
    {
        var rows = string.Concat(Enumerable.Repeat(Row(20, 5_000), 100));
        Assert.Equal((100, 0, 100, 0), (await _imports.SendAsync("fileId=many-rows&format=ndjson&mapping=each-item", rows, "LARGE")).Counts);
        Assert.Equal((100, 100, 0, 0), (await _imports.SendAsync("fileId=many-rows&format=ndjson&mapping=each-item", rows, "LARGE")).Counts);

        var prefix = RowConverter.IdPrefix("large", "many-rows");
        Assert.Equal(2_000, kafka.CollectedEvents().Count(e => e.messageId.StartsWith(prefix, StringComparison.Ordinal)));
        var checkpoints = kafka.Read(Topics.ImportsCheckpoints)
            .Select(record => (ImportCheckpoint)record.Value)
            .Where(checkpoint => checkpoint.fileId == "many-rows")
            .Select(checkpoint => checkpoint.lines)
            .Distinct()
            .ToList();
        Assert.Equal((0L, 100L), (checkpoints[0], checkpoints[^1]));
        Assert.InRange(checkpoints.Count, 4, 6);
    }

    private static string Row(int items, int bytes) =>
        $$"""{"items":[{{string.Join(',', Enumerable.Repeat("0", items))}}],"text":"{{new string('x', bytes)}}"}""" + "\n";
}
