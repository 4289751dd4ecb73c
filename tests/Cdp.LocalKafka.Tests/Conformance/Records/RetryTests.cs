using Cdp.LocalKafka.Tests.Conformance.Proxy;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using ApiKey = Cdp.LocalKafka.Protocol.ApiKey;

namespace Cdp.LocalKafka.Tests.Conformance.Records;

/// <summary>Idempotent producers (KIP-98) whose requests and responses get lost: no record is lost, duplicated or out of order.</summary>
[Trait("tier", "integration")]
public sealed class RetryTests(KafkaFixture kafka)
{
    private const int Partitions = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Produce_IdempotentWithLostResponses_StoresEachRecordOnceInOrder(int inFlight)
    {
        var read = await SendThrough(
            ProxyAction.AtRandom(seed: 1, 0.2, [ProxyAction.DropResponse, ProxyAction.DropRequest], ApiKey.Produce),
            config => (config.EnableIdempotence, config.MaxInFlight) = (true, inFlight));
        Assert.All(read, partition => Assert.Equal(partition.Order(), partition));
        Assert.Equal(Enumerable.Range(0, 600), read.SelectMany(partition => partition).Order());
    }

    [Fact]
    public async Task Produce_IdempotentWithDuplicatedRequests_StoresEachRecordOnceInOrder()
    {
        var read = await SendThrough(
            (api, _) => api == ApiKey.Produce ? ProxyAction.Duplicate : ProxyAction.Forward, config => config.EnableIdempotence = true);
        Assert.All(read, partition => Assert.Equal(partition.Order(), partition));
        Assert.Equal(Enumerable.Range(0, 600), read.SelectMany(partition => partition).Order());
    }

    /// <summary>Without idempotence a retry writes a second record. This shows that the tests above would notice one.</summary>
    [Fact]
    public async Task Produce_PlainWithDuplicatedRequests_StoresEachRecordTwice()
    {
        var read = await SendThrough(
            (api, _) => api == ApiKey.Produce ? ProxyAction.Duplicate : ProxyAction.Forward, config => config.EnableIdempotence = false);
        Assert.Equal(Enumerable.Range(0, 600).SelectMany(i => (int[])[i, i]), read.SelectMany(partition => partition).Order());
    }

    [Fact]
    public async Task InitProducerId_ResponseLost_IsRetried()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, nth) => api == ApiKey.InitProducerId && nth <= 2 ? ProxyAction.DropResponse : ProxyAction.Forward;
        using var producer = Client.Producer(proxy.Bootstrap, config => config.EnableIdempotence = true);
        await producer.SendAll(topic, ["a", "b"]);
        Assert.Equal(["a", "b"], Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal(2, proxy.Interventions);
    }

    /// <summary>A retried batch gets the offset that it was first stored at.</summary>
    [Fact]
    public async Task Produce_RetryAfterALostResponse_ReturnsTheFirstOffset()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, nth) => api == ApiKey.Produce && nth % 2 == 0 ? ProxyAction.DropResponse : ProxyAction.Forward;
        using var producer = Client.Producer(proxy.Bootstrap, config => config.EnableIdempotence = true);
        for (var i = 0; i < 10; i++) Assert.Equal(i, (await producer.Send(topic, Client.Message($"{i}"))).Offset.Value);
        Assert.True(proxy.Interventions >= 5, $"{proxy.Interventions} answers were lost");
        Assert.Equal(10, Reading.ReadAll(kafka.Bootstrap, topic).Count);
    }

    [Fact]
    public async Task Fetch_DelayedAndLostResponses_LosesNoRecord()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = ProxyAction.AtRandom(
            seed: 2, 0.3, [ProxyAction.DelayResponse(TimeSpan.FromMilliseconds(50)), ProxyAction.DropResponse, ProxyAction.DropRequest], ApiKey.Fetch);
        using (var producer = Client.Producer(kafka.Bootstrap, config => config.BatchNumMessages = 10))
            await producer.SendAll(topic, Enumerable.Range(0, 300).Select(i => $"{i}"));

        using var consumer = Client.Consumer(
            proxy.Bootstrap, kafka.Name("g"),
            configure: config => (config.FetchMaxBytes, config.MaxPartitionFetchBytes, config.MessageMaxBytes) = (1000, 1000, 1000));
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        for (var i = 0; i < 300; i++) Assert.Equal($"{i}", Next(consumer));
        Assert.True(proxy.Interventions > 0, "no fetch was dropped or delayed");
    }

    private static string? Next(IConsumer<string?, string?> consumer)
    {
        while (true)
        {
            var result = consumer.Consume(Client.Limit) ?? throw new TimeoutException("nothing came");
            if (!result.IsPartitionEOF) return result.Message.Value;
        }
    }

    /// <summary>Sends 0 to 599 in small batches through a proxy and reads back the content of each partition.</summary>
    private async Task<List<int>[]> SendThrough(Func<ApiKey, int, ProxyAction> decide, Action<ProducerConfig> configure)
    {
        var topic = await kafka.Topic(Partitions);
        await using var proxy = new KafkaProxy(kafka.Bootstrap) { Decide = decide };
        using (var producer = Client.Producer(proxy.Bootstrap, config => { config.BatchNumMessages = 10; config.LingerMs = 1; configure(config); }))
            await Task.WhenAll(Enumerable.Range(0, 600).Select(i => producer.Send(new TopicPartition(topic, i % Partitions), Client.Message($"{i}"))));
        Assert.True(proxy.Interventions > 0, "no request was dropped or delayed");
        return [
            .. Enumerable.Range(0, Partitions).Select(
                p => Reading.Values(kafka.Bootstrap, topic, partition: p).Select(
                    value => int.Parse(value!, System.Globalization.CultureInfo.InvariantCulture)).ToList()),
        ];
    }
}
