using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Tests.Sources;
using Cdp.Streaming;
using Xunit;

namespace Cdp.Ingestion.Tests;

public sealed class IngestionOptionsTests
{
    [Fact]
    public void Errors_GoodOptions_AreNone() => Assert.Empty(new IngestionOptions { Sources = [WriteKeysTests.Source("a", "k")], TrustedProxies = ["10.0.0.0/8"] }.Errors());

    [Fact]
    public void Errors_EveryFault_IsNamedWithItsKey()
    {
        var source = WriteKeysTests.Source("a", "k");
        var options = new IngestionOptions
        {
            Kafka = new KafkaOptions { Partitions = 0 },
            Sources = [source, source, new SourceOptions { WriteKeyHash = "k" }],
            Limits = new LimitOptions { EventBytes = 0, RequestBytes = -1, BatchEvents = 0, MessageIdCharacters = 1, Requests = 0, BufferedBytes = -2 },
            TrustedProxies = ["proxy"],
        };

        Assert.Equal(
            ["Kafka:Partitions", "Sources:1:Id", "Sources:1:WriteKeyHash", "Sources:2:Id", "Sources:2:WriteKeyHash", "Limits:EventBytes", "Limits:RequestBytes", "Limits:BatchEvents", "Limits:MessageIdCharacters", "Limits:Requests", "Limits:BufferedBytes", "TrustedProxies:0"],
            options.Errors().Select(error => error.Split(' ')[0]));
    }

    [Fact]
    public void Errors_NoSources_IsAFault() => Assert.StartsWith("Sources is empty", Assert.Single(new IngestionOptions().Errors()), StringComparison.Ordinal);
}
