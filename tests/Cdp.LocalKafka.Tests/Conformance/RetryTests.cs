using Cdp.LocalKafka.Tests.Conformance.Proxy;
using Confluent.Kafka;
using ApiKey = Cdp.LocalKafka.Protocol.ApiKey;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>Idempotent producers (KIP-98) whose requests and answers go missing: nothing is lost, nothing doubled, nothing out of order.</summary>
public sealed class RetryTests(KafkaFixture kafka)
{
    private const int Partitions = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task LostAnswers_Idempotent_EachRecordIsThereOnceInOrder(int inFlight)
    {
        var read = await SendThrough(Fate.ByChance(seed: 1, 0.2, [Fate.LoseAnswer, Fate.DropBefore], ApiKey.Produce), config => (config.EnableIdempotence, config.MaxInFlight) = (true, inFlight));
        Assert.All(read, partition => Assert.Equal(partition.Order(), partition));
        Assert.Equal(Enumerable.Range(0, 600), read.SelectMany(partition => partition).Order());
    }

    [Fact]
    public async Task DoubledRequests_Idempotent_EachRecordIsThereOnceInOrder()
    {
        var read = await SendThrough((api, _) => api == ApiKey.Produce ? Fate.Duplicate : Fate.Forward, config => config.EnableIdempotence = true);
        Assert.All(read, partition => Assert.Equal(partition.Order(), partition));
        Assert.Equal(Enumerable.Range(0, 600), read.SelectMany(partition => partition).Order());
    }

    /// <summary>Without idempotence a retry is a second record: the tests above would see it.</summary>
    [Fact]
    public async Task DoubledRequests_Plain_EachRecordIsThereTwice()
    {
        var read = await SendThrough((api, _) => api == ApiKey.Produce ? Fate.Duplicate : Fate.Forward, config => config.EnableIdempotence = false);
        Assert.Equal(Enumerable.Range(0, 600).SelectMany(i => (int[])[i, i]), read.SelectMany(partition => partition).Order());
    }

    [Fact]
    public async Task LostAnswer_OfInitProducerId_IsAskedForAgain()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, nth) => api == ApiKey.InitProducerId && nth <= 2 ? Fate.LoseAnswer : Fate.Forward;
        using var producer = Client.Producer(proxy.Bootstrap, config => config.EnableIdempotence = true);
        await producer.SendAll(topic, ["a", "b"]);
        Assert.Equal(["a", "b"], Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal(2, proxy.Meddled);
    }

    /// <summary>A retried batch is answered with the offset it already has.</summary>
    [Fact]
    public async Task LostAnswer_Retried_TellsTheOffsetOfTheFirst()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, nth) => api == ApiKey.Produce && nth % 2 == 0 ? Fate.LoseAnswer : Fate.Forward;
        using var producer = Client.Producer(proxy.Bootstrap, config => config.EnableIdempotence = true);
        for (var i = 0; i < 10; i++) Assert.Equal(i, (await producer.Send(topic, Client.Message($"{i}"))).Offset.Value);
        Assert.True(proxy.Meddled >= 5, $"{proxy.Meddled} answers were lost");
        Assert.Equal(10, Reading.ReadAll(kafka.Bootstrap, topic).Count);
    }

    [Fact]
    public async Task LateAnswers_OfFetch_LoseNothing()
    {
        var topic = await kafka.Topic();
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = Fate.ByChance(seed: 2, 0.3, [Fate.Late(TimeSpan.FromMilliseconds(50)), Fate.LoseAnswer, Fate.DropBefore], ApiKey.Fetch);
        using (var producer = Client.Producer(kafka.Bootstrap, config => config.BatchNumMessages = 10)) await producer.SendAll(topic, Enumerable.Range(0, 300).Select(i => $"{i}"));

        using var consumer = Client.Consumer(proxy.Bootstrap, kafka.Name("g"), configure: config => (config.FetchMaxBytes, config.MaxPartitionFetchBytes, config.MessageMaxBytes) = (1000, 1000, 1000));
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        for (var i = 0; i < 300; i++) Assert.Equal($"{i}", Next(consumer));
        Assert.True(proxy.Meddled > 0, "no fetch was meddled with");
    }

    private static string? Next(IConsumer<string?, string?> consumer)
    {
        while (true)
        {
            var result = consumer.Consume(Client.Limit) ?? throw new TimeoutException("nothing came");
            if (!result.IsPartitionEOF) return result.Message.Value;
        }
    }

    /// <summary>Sends 0 to 599 in small batches through a proxy and reads back what each partition holds.</summary>
    private async Task<List<int>[]> SendThrough(Func<ApiKey, int, Fate> decide, Action<ProducerConfig> configure)
    {
        var topic = await kafka.Topic(Partitions);
        await using var proxy = new KafkaProxy(kafka.Bootstrap) { Decide = decide };
        using (var producer = Client.Producer(proxy.Bootstrap, config => { config.BatchNumMessages = 10; config.LingerMs = 1; configure(config); }))
            await Task.WhenAll(Enumerable.Range(0, 600).Select(i => producer.Send(new TopicPartition(topic, i % Partitions), Client.Message($"{i}"))));
        Assert.True(proxy.Meddled > 0, "no request was meddled with");
        return [.. Enumerable.Range(0, Partitions).Select(p => Reading.Values(kafka.Bootstrap, topic, partition: p).Select(value => int.Parse(value!, System.Globalization.CultureInfo.InvariantCulture)).ToList())];
    }
}
