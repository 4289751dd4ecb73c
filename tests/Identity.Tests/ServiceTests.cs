using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Testing;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>The complete service on a broker, a schema registry and Redis.</summary>
[Trait("tier", "integration")]
public sealed class ServiceTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Service_VisitorLogsIn_EventsComeOutInOrderUnderOneProfile()
    {
        var redis = await servers.ConnectAsync("garnet");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using (var service = await stack.ServiceAsync())
        {
            await stack.SendAsync(Given.Event("1", anonymousId: "a"), Given.Event("2", userId: "u", anonymousId: "a"), Given.Event("3", anonymousId: "a"));
            await stack.SendAsync(Given.Event("4", anonymousId: "b"), Given.Event("5", userId: "u", anonymousId: "b"), Given.Event("6", userId: "u"));
            var records = await ReadInOrderAsync(stack, identified: 6);
            Assert.Equal(["1", "2", "3"], OfDevice(records, "a"));
            Assert.Equal(["4", "5"], OfDevice(records, "b"));
            var merged = records.OfType<ProfileMerged>().Where(merged => merged.winnerId == Given.ProfileIds.Implied(Given.User("u")));
            Assert.Equal(
                new[] { Given.Anonymous("a"), Given.Anonymous("b") }.Select(Given.ProfileIds.Implied).Order(),
                merged.Select(merged => merged.loserId).Order());
            await Eventually.TrueAsync(
                async () => await stack.Store.LinkerPositionAsync() == await Changelog.EndAsync(stack.Kafka, Topics.IdentityRequests, 0),
                "the idle linker publishes the end of its requests");
            await service.StopAsync(TestContext.Current.CancellationToken);
        }

        // Another linker takes over. In the meantime Redis has lost everything, so it is rebuilt from the decisions.
        foreach (var key in redis.GetServers()[0].Keys(pattern: $"{stack.Prefix}*").ToList()) await redis.GetDatabase().KeyDeleteAsync(key);
        await using (var service = await stack.ServiceAsync())
        {
            await stack.SendAsync(Given.Event("7", anonymousId: "a"), Given.Event("8", userId: "u", anonymousId: "a"));
            var records = await ReadInOrderAsync(stack, identified: 8);
            Assert.Equal(["1", "2", "3", "7", "8"], OfDevice(records, "a"));
            Assert.All(
                records.OfType<IdentifiedEvent>().TakeLast(2),
                identified => Assert.Equal(Given.ProfileIds.Implied(Given.User("u")), identified.profileId));
            Assert.Equal(2, records.OfType<ProfileMerged>().Count());
            Assert.Equal(2, (await stack.Store.AppliedAsync())!.Value.Sequence);
            await service.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task EndAsync_RequestInAnOpenTransaction_IsBeforeTheEnd()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        var config = stack.Kafka.Producer();
        config.TransactionalId = "predecessor";
        using var predecessor = new ProducerBuilder<Null, byte[]>(config).Build();
        predecessor.InitTransactions(ServiceStack.Timeout);
        predecessor.BeginTransaction();
        var topic = stack.Kafka.TopicPrefix + Topics.IdentityRequests.Name;
        var sent = await predecessor.ProduceAsync(topic, new() { Value = [1] }, TestContext.Current.CancellationToken);

        Assert.Equal(sent.Offset.Value + 1, await Changelog.EndAsync(stack.Kafka, Topics.IdentityRequests, 0));
        predecessor.AbortTransaction();
    }

    [Fact]
    public void Build_WithoutRequiredOptions_ListsKeysAndRemedies()
    {
        var e = Assert.Throws<ConfigurationException>(() => CdpHost.Build(IdentityService.Service, ["--Kafka:Partitions=0"]));
        Assert.Contains(e.Errors, error => error.Contains("ProfileIds:Key is empty; set it", StringComparison.Ordinal));
        Assert.Contains(e.Errors, error => error.Contains("Kafka:Partitions", StringComparison.Ordinal));
        Assert.Contains(e.Errors, error => error.Contains("Api:Tokens is empty", StringComparison.Ordinal));
    }

    /// <summary>All records of events.identified in the order of their timestamps, once they include at least this number of events.</summary>
    private static async Task<List<object>> ReadInOrderAsync(ServiceStack stack, int identified)
    {
        await stack.ReadAsync(identified);
        var codec = new AvroCodec(stack.Registry, stack.Kafka.TopicPrefix);
        var records = new List<(DateTime Timestamp, object Value)>();
        using var consumer = new ConsumerBuilder<string?, byte[]>(stack.Kafka.Consumer("test")).SetKeyDeserializer(RecordKeys.Deserializer).Build();
        var topic = stack.Kafka.TopicPrefix + Topics.EventsIdentified.Name;
        consumer.Assign(Enumerable.Range(0, stack.Kafka.Partitions).Select(partition => new TopicPartitionOffset(topic, partition, 0)));
        for (var ended = 0; ended < stack.Kafka.Partitions;)
        {
            var result = consumer.Consume(ServiceStack.Timeout);
            if (result.IsPartitionEOF) ended++;
            else records.Add((result.Message.Timestamp.UtcDateTime, codec.Decode(result.Message.Value)));
        }
        return [.. records.OrderBy(record => record.Timestamp).Select(record => record.Value)];
    }

    private static IEnumerable<string> OfDevice(IEnumerable<object> records, string device) => records.OfType<IdentifiedEvent>()
        .Select(identified => identified.validated.envelope)
        .Where(envelope => envelope.anonymousId == device)
        .Select(envelope => envelope.messageId);
}
