using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Producing;

[Trait("tier", "integration")]
public sealed class OutageTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Track_BrokerStopsAndRestarts_Returns503MeanwhileAndKeepsEveryAcknowledgedEvent()
    {
        var (sent, acknowledged) = (0, new HashSet<string>());
        async Task<HttpResponseMessage> SendAsync()
        {
            var messageId = $"m{++sent}";
            var response = await kafka.Host.PostAsync("/v1/track", $$"""{"messageId":"{{messageId}}","userId":"u1"}""");
            if (response.StatusCode == HttpStatusCode.OK) acknowledged.Add(messageId);
            return response;
        }
        (await SendAsync()).EnsureSuccessStatusCode().Dispose();

        await kafka.StopBrokerAsync();
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.ServiceUnavailable, SendAsync);
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.ServiceUnavailable, () => kafka.Host.Client.GetAsync("/health/ready"));

        await kafka.RestartBrokerAsync();
        await kafka.Host.WaitUntilReadyAsync();
        await kafka.Host.WaitForStatusAsync(HttpStatusCode.OK, SendAsync);

        Assert.Subset(kafka.CollectedEvents().Select(e => e.messageId).ToHashSet(), acknowledged);
    }
}
