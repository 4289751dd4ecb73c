using System.Globalization;
using Xunit;

namespace Cdp.Ingestion.Tests.Cases;

/// <summary>JSON escapes where most senders have none.</summary>
[Trait("tier", "integration")]
public sealed class EscapeCaseTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Theory]
    [InlineData("\\ud83d", "identify")]
    [InlineData("\\udc00", "identify")]
    [InlineData("\\ud83d", "group")]
    public async Task Batch_LoneSurrogateInATraitName_RepairsTheName(string surrogate, string type)
    {
        var id = Guid.NewGuid().ToString();
        var json = CaseSample.Read("trait-name-lone-surrogate.json")
            .Replace("\\ud83d", surrogate, StringComparison.Ordinal)
            .Replace("\"type\":\"identify\"", $"\"messageId\":\"{id}\",\"groupId\":\"g\",\"type\":\"{type}\"", StringComparison.Ordinal);
        await kafka.Host.PostAsync("/v1/batch", json).AssertSuccessAsync();

        Assert.Equal("""{"bad\ufffd":"v","ok":1}""", kafka.FindCollected(id).traits);
    }

    [Theory]
    [InlineData("tr\\u0061ck", "track")]
    [InlineData("Track", "track")]
    [InlineData("IDENTIFY", "identify")]
    public async Task Batch_TypeEscapedOrInAnotherCase_IsRecognized(string type, string expected)
    {
        var id = Guid.NewGuid().ToString();
        var json = CaseSample.Read("escaped-type.json")
            .Replace("\"type\":\"tr\\u0061ck\"", $"\"messageId\":\"{id}\",\"type\":\"{type}\"", StringComparison.Ordinal);
        await kafka.Host.PostAsync("/v1/batch", json).AssertSuccessAsync();

        Assert.Equal(expected, kafka.FindCollected(id).type);
    }

    [Fact]
    public async Task Batch_EscapedMemberNames_AreRecognized()
    {
        var id = Guid.NewGuid().ToString();
        await kafka.Host.PostAsync("/v1/batch", $$"""
            {
              "b\u0061tch":[{
                "typ\u0065":"track","message\u0049d":"{{id}}","us\u0065rId":"u","us\u0065rId":"v","\u0074imestamp":"2020-01-01T00:00:00Z",
                "c\u006fntext":{"a":1},"write\u004bey":"x"
              }],
              "c\u006fntext":{"b":2},"historic\u0061l":true,"s\u0065ntAt":"2021-01-01T00:00:00Z"
            }
            """).AssertSuccessAsync();

        var e = kafka.FindCollected(id);
        Assert.Equal(("v", Utc("2020-01-01T00:00:00Z"), """{"ip":"127.0.0.1","a":1,"b":2}""", null), (e.userId, e.timestamp, e.context, e.extra));
        Assert.Equal(Utc("2021-01-01T00:00:00Z"), e.sentAt);
    }

    private static DateTime Utc(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
