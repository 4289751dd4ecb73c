using cdp;
using Cdp.Ingestion.Tests.Importing;
using Xunit;

namespace Cdp.Ingestion.Tests.Cases;

/// <summary>Identifiers as senders write them.</summary>
[Trait("tier", "integration")]
public sealed class IdentifierCaseTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    /// <summary>Placeholders such as "null" are left to Identity, which does not link by them.</summary>
    [Fact]
    public async Task Batch_PlaceholderIds_AcceptsThem()
    {
        foreach (var line in CaseSample.ReadLines("placeholder-ids.ndjson"))
        {
            await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{line}}]}""").AssertSuccessAsync();
        }
    }

    [Fact]
    public async Task Identify_NumericIdInAnyNotation_WritesOneIdAndOneKey()
    {
        var lines = CaseSample.ReadLines("number-ids.ndjson");
        for (var i = 0; i < lines.Length; i++)
        {
            await kafka.Host.PostAsync("/v1/identify", lines[i].Insert(1, $"\"messageId\":\"number-{i}\",")).AssertSuccessAsync();
        }

        var collected = lines.Select((_, i) => kafka.FindCollectedRecord($"number-{i}")).ToList();
        Assert.Equal(["55520", "55520", "55520", "55520", "0"], collected.Select(record => ((CollectedEvent)record.Value).envelope.userId));
        Assert.Equal(["55520", "55520", "55520", "55520", "0"], collected.Select(record => record.Key));
    }

    [Theory]
    [InlineData("\"userId\":\" ada\"", "user=ada")]
    [InlineData("\"userId\":\"\\tada\\r\\n\"", "user=ada")]
    [InlineData("\"userId\":\"ada\\u200b\"", "user=ada")]
    [InlineData("\"userId\":\"ada\u00a0\"", "user=ada")]
    [InlineData("\"anonymousId\":\"\uFEFFdev 1\\u2060\"", "anonymous=dev 1")]
    [InlineData("\"anonymousId\":17.0,\"userId\":\"\\u200b\"", "anonymous=17")]
    [InlineData("\"userId\":9007199254740993", "user=9007199254740993")]
    [InlineData("\"userId\":9007199254740993.0", "user=9007199254740993")]
    [InlineData("\"userId\":1e30", "user=1000000000000000000000000000000")]
    [InlineData("\"userId\":1e999", "user=1e999")]
    [InlineData("\"userId\":\"Jose\u0301\"", "user=José")]
    [InlineData("\"userId\":\"u\",\"groupId\":42.0,\"previousId\":\" p\\u00a0\"", "user=u group=42 previous=p")]
    [InlineData("\"userId\":\"u\",\"groupId\":\" \",\"previousId\":\"\\u200b\"", "user=u")]
    public async Task Track_IdInAnyNotation_WritesTheCanonicalForm(string members, string expected)
    {
        var id = Guid.NewGuid().ToString();
        await kafka.Host.PostAsync("/v1/track", $$"""{"messageId":"{{id}}",{{members}}}""").AssertSuccessAsync();

        var record = kafka.FindCollectedRecord(id);
        var e = ((CollectedEvent)record.Value).envelope;
        Assert.Equal(expected, IdsOf(e));
        Assert.Equal(e.anonymousId ?? e.userId, record.Key);
    }

    [Fact]
    public async Task Import_NumericIdInACsv_WritesTheCanonicalForm()
    {
        var answer = await new Imports(kafka).SendAsync(
            "fileId=number-ids&format=csv",
            "type,userId,groupId,messageId\ntrack,55520.0,42.0,csv-1\ntrack,55520,42,csv-2\n");

        Assert.Equal((2, 0, 2, 0), answer.Counts);
        Assert.Equal("user=55520 group=42", IdsOf(kafka.FindCollected("csv-1")));
        Assert.Equal("user=55520 group=42", IdsOf(kafka.FindCollected("csv-2")));
    }

    private static string IdsOf(Event e)
    {
        (string Name, string? Value)[] ids = [("user", e.userId), ("anonymous", e.anonymousId), ("group", e.groupId), ("previous", e.previousId)];
        return string.Join(' ', ids.Where(id => id.Value is not null).Select(id => $"{id.Name}={id.Value}"));
    }
}
