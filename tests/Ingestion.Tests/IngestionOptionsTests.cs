using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming.Clients;
using Xunit;

namespace Cdp.Ingestion.Tests;

public sealed class IngestionOptionsTests
{
    [Fact]
    public void Errors_ValidOptions_ReturnsNone() => Assert.Empty(new IngestionOptions { Sources = ["sources"], TrustedProxies = ["10.0.0.0/8"] }.Errors());

    [Fact]
    public void Errors_ManyFaults_NamesEachKey()
    {
        var options = new IngestionOptions
        {
            Kafka = new KafkaOptions { Partitions = 0 },
            Sources = ["sources"],
            Limits = new LimitOptions { EventBytes = 0, RequestBytes = -1, BatchEvents = 0, MessageIdCharacters = 1, Requests = 0, BufferedBytes = -2 },
            Imports = new ImportOptions { Concurrent = 0, Folder = " ", SpoolBytes = 0, ParquetMemoryBytes = 1, PatienceSeconds = 0 },
            TrustedProxies = ["proxy"],
        };

        Assert.Equal(
            [
                "Kafka:Partitions", "Limits:EventBytes", "Limits:RequestBytes", "Limits:BatchEvents", "Limits:MessageIdCharacters", "Limits:Requests",
                "Limits:BufferedBytes", "Imports:Concurrent", "Imports:Folder", "Imports:SpoolBytes", "Imports:ParquetMemoryBytes", "Imports:PatienceSeconds",
                "TrustedProxies:0",
            ],
            options.Errors().Select(error => error.Split(' ')[0]));
    }

    [Fact]
    public void Errors_NoSources_ReportsThem() =>
        Assert.StartsWith("Sources is empty", Assert.Single(new IngestionOptions().Errors()), StringComparison.Ordinal);
}
