using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Uploads that are refused as a whole.</summary>
[Trait("tier", "integration")]
public sealed class ImportRequestTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Theory]
    [InlineData("format=ndjson", "", "invalid_import")]
    [InlineData("fileId=x", "{}", "invalid_import")]
    [InlineData("fileId=x&format=ndjson&maping=a", "{}", "invalid_import")]
    [InlineData("fileId=x&format=ndjson&mapping=a", "{}", "invalid_import")]
    [InlineData("fileId=nothing&format=ndjson", "", "empty_body")]
    [InlineData("fileId=header&format=csv", "a,,a\n1,2,3\n", "invalid_csv_header")]
    [InlineData("fileId=noparquet&format=parquet", "PAR1 is not enough", "invalid_parquet")]
    public async Task Import_InvalidRequest_IsRefusedWithItsCode(string query, string body, string code) => await AssertRefusedAsync(400, code, query, body);

    [Fact]
    public async Task Import_KeyThatMayNotImport_IsRefused()
    {
        await kafka.Host.AddSourceAsync("page", "PAGE", "type: web");

        await AssertRefusedAsync(403, "import_not_allowed", "fileId=x&format=ndjson", "{}", "PAGE");
        await AssertRefusedAsync(401, "unknown_write_key", "fileId=x&format=ndjson", "{}", "NOBODY");
        await AssertRefusedAsync(404, "source_disabled", "fileId=x&format=ndjson", "{}", "OFF");
    }

    private async Task AssertRefusedAsync(int status, string code, string query, string body, string key = "WK")
    {
        var answer = await _imports.SendAsync(query, body, key);
        Assert.Equal((status, code), (answer.Status, answer.ErrorCode));
    }
}
