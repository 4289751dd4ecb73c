using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>A file that is sent again must be the same file, with the same settings.</summary>
[Trait("tier", "integration")]
public sealed class ImportSettingsTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Fact]
    public async Task Import_EmptyFileFirst_AllowsAnotherFormatLater()
    {
        Assert.Equal(400, (await _imports.SendAsync("fileId=empty-first&format=ndjson", "")).Status);

        Assert.Equal((1, 0, 1, 0), (await _imports.SendAsync("fileId=empty-first&format=csv", "type,userId\ntrack,u1\n")).Counts);
    }

    [Theory]
    [InlineData("another-line-3")]
    [InlineData("")]
    public async Task Import_ChangedFile_IsRefusedWithItsLines(string third)
    {
        var (id, lines) = ($"changed-{third}", Imports.Lines("changed", 1, 5).ToArray());
        await _imports.SendAsync($"fileId={id}&format=ndjson", string.Concat(lines));
        var before = kafka.CollectedEvents().Count;
        lines[2] = third.Length == 0 ? "" : lines[2].Replace("line", third, StringComparison.Ordinal);
        var changed = await _imports.SendAsync($"fileId={id}&format=ndjson", string.Concat(lines) + lines[0]);
        var otherFormat = await _imports.SendAsync($"fileId={id}&format=csv", "type,userId\n");

        Assert.Equal((409, "file_changed"), (changed.Status, changed.ErrorCode));
        Assert.Equal(
            $"'{id}' was imported before, and one of the lines 1 to 5 has changed since; send the original file to resume the import, or the changed file "
            + "with another fileId to import all of it",
            changed.ErrorMessage);
        Assert.Equal(before, kafka.CollectedEvents().Count);
        Assert.Equal((409, "settings_changed"), (otherFormat.Status, otherFormat.ErrorCode));
    }

    [Theory]
    [InlineData("track,u1\ntrack,u2\n", "the header or one of the lines 2 to 3 has changed since")]
    [InlineData("track,u1\n", "the header or line 2 has changed since")]
    public async Task Import_ChangedCsvFile_DoesNotCountTheHeaderAsALine(string rows, string changed)
    {
        var id = $"changed-csv-{rows.Length}";
        await _imports.SendAsync($"fileId={id}&format=csv", "type,userId\n" + rows);
        var answer = await _imports.SendAsync($"fileId={id}&format=csv", "type,userId\n" + rows.Replace("u1", "u9", StringComparison.Ordinal));

        Assert.Equal((409, "file_changed"), (answer.Status, answer.ErrorCode));
        Assert.StartsWith($"'{id}' was imported before, and {changed}; ", answer.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OtherSettings_IsRefusedWithTheDifferences()
    {
        const string File = "type,userId;event\ntrack,u1\n";
        await MapAsync("SETTINGS", "first", "second");
        await _imports.SendAsync("fileId=s&format=csv&mapping=first", File, "SETTINGS");

        Assert.Equal((1, 1, 0, 0), (await _imports.SendAsync("fileId=s&format=csv&mapping=first", File, "SETTINGS")).Counts);
        await AssertDiffersAsync("SETTINGS", "format=csv&mapping=first&separator=%3B", "separator was ',' and is now ';'");
        await AssertDiffersAsync("SETTINGS", "format=csv&mapping=second", "mapping was 'first' and is now 'second'");
        await AssertDiffersAsync(
            "SETTINGS",
            "format=csv&type=track",
            "mapping was 'first' and is now not given; type was not given and is now 'track'");
        await AssertDiffersAsync(
            "SETTINGS",
            "format=ndjson&mapping=first",
            "format was 'csv' and is now 'ndjson'; separator was ',' and is now not given");

        // A comment in the mapping makes no difference, but a rule does.
        await MapAsync("COMMENTED", "first  # as before", "second");
        Assert.Equal((1, 1, 0, 0), (await _imports.SendAsync("fileId=s&format=csv&mapping=first", File, "COMMENTED")).Counts);
        await MapAsync("CHANGED", "third", "second");
        await AssertDiffersAsync("CHANGED", "format=csv&mapping=first", "the rules of the mapping 'first' have changed");

        async Task AssertDiffersAsync(string key, string query, string differences)
        {
            var answer = await _imports.SendAsync($"fileId=s&{query}", File, key);
            Assert.Equal((409, "settings_changed"), (answer.Status, answer.ErrorCode));
            Assert.Equal(
                $"'s' was imported before with other settings: {differences}. Use the same settings to resume the import, or another fileId to "
                + "import the file again",
                answer.ErrorMessage);
        }
    }

    // Gives the source a new write key, and two mappings that differ in the names of their events.
    private Task MapAsync(string key, string first, string second) =>
        kafka.Host.AddSourceAsync("settings", key, $$"""
            type: server
            import:
              first:
                rules: [{ events: [{ type: track, userId: $.type, event: {{first}}
                }] }]
              second:
                rules: [{ events: [{ type: track, userId: $.type, event: {{second}} }] }]
            """);
}
