using System.Net;
using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Ingestion.Tests.Appending;

public sealed class OutageTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Track_BrokerGoneAndBack_Is503MeanwhileAndLosesNothingAcknowledged()
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
        await kafka.Host.UntilAsync(HttpStatusCode.ServiceUnavailable, SendAsync);
        await kafka.Host.UntilAsync(HttpStatusCode.ServiceUnavailable, () => kafka.Host.Client.GetAsync("/health/ready"));

        await kafka.RestartBrokerAsync();
        await kafka.Host.UntilReadyAsync();
        await kafka.Host.UntilAsync(HttpStatusCode.OK, SendAsync);

        Assert.Subset(kafka.Read(Topics.EventsCollected).Select(record => ((CollectedEvent)record.Value).envelope.messageId).ToHashSet(), acknowledged);
    }
}
