using System.Text;
using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

public sealed class BrowserSettingsTests
{
    [Fact]
    public void ForSegment_AnyAddress_SendsEventsAndMetricsToThatAddress() => Assert.Equal(
        """{"integrations":{"Segment.io":{"apiKey":"WK","apiHost":"shop.example/t/v1","protocol":"https"}},"metrics":"""
        + """{"host":"shop.example/t/v1","sampleRate":0}}""",
        Encoding.UTF8.GetString(BrowserSettings.ForSegment("WK", new PublicAddress("https", "shop.example/t"))));

    [Fact]
    public void ForRudderStack_DisabledSource_HasTheMembersThatTheSdkReads() => Assert.Equal(
        """{"source":{"id":"shop","name":"shop","enabled":false,"workspaceId":"","config":{"statsCollection":{"errors":{"enabled":false},"metrics":"""
        + """{"enabled":false}}},"destinations":[]}}""",
        Encoding.UTF8.GetString(BrowserSettings.ForRudderStack("shop", enabled: false)));
}
