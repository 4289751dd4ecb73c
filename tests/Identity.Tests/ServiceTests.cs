using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>The service as it is deployed, on a broker, a registry and Redis.</summary>
public sealed class ServiceTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Service_VisitorLogsIn_EventsComeOutInOrderUnderOneProfile()
    {
        var directory = Directory.CreateTempSubdirectory("cdp-identity-service-");
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = directory.FullName }, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        var redis = await servers.ConnectAsync("garnet");
        var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, SchemaRegistry = registry.Url, Partitions = 3, InstanceId = "test" };
        string[] settings =
        [
            $"--Kafka:BootstrapServers={kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={kafka.SchemaRegistry}", "--Kafka:Partitions=3", "--Kafka:InstanceId=test",
            $"--Redis:Endpoint={redis.Configuration}", "--Redis:KeyPrefix=service:", "--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0",
        ];
        await TopicAdmin.EnsureAsync(kafka, Topics.All);
        using var client = kafka.Registry();
        var codec = new AvroCodec(client, kafka.TopicPrefix);
        var store = new IdentityStore(redis, "service:");

        await RunAsync(settings, async () =>
        {
            await SendAsync(kafka, codec, A.Event("1", anonymousId: "a"), A.Event("2", userId: "u", anonymousId: "a"), A.Event("3", anonymousId: "a"));
            await SendAsync(kafka, codec, A.Event("4", anonymousId: "b"), A.Event("5", userId: "u", anonymousId: "b"), A.Event("6", userId: "u"));
            var records = await ReadAsync(kafka, codec, identified: 6);
            Assert.Equal(["1", "2", "3"], OfDevice(records, "a"));
            Assert.Equal(["4", "5"], OfDevice(records, "b"));
            Assert.Equal(
                new[] { A.Anonymous("a"), A.Anonymous("b") }.Select(A.ProfileIds.Implied).Order(),
                records.OfType<ProfileMerged>().Where(merged => merged.winnerId == A.ProfileIds.Implied(A.User("u"))).Select(merged => merged.loserId).Order());
            await EventuallyAsync(async () => await store.LinkerPositionAsync() == await Changelog.EndAsync(kafka, Topics.IdentityRequests, 0), "the idle linker passes the end of its requests");
        });

        // Another linker takes over; Redis lost everything meanwhile, and is rebuilt from the decisions.
        foreach (var key in redis.GetServers()[0].Keys(pattern: "service:*").ToList()) await redis.GetDatabase().KeyDeleteAsync(key);
        await RunAsync(settings, async () =>
        {
            await SendAsync(kafka, codec, A.Event("7", anonymousId: "a"), A.Event("8", userId: "u", anonymousId: "a"));
            var records = await ReadAsync(kafka, codec, identified: 8);
            Assert.Equal(["1", "2", "3", "7", "8"], OfDevice(records, "a"));
            Assert.All(records.OfType<IdentifiedEvent>().TakeLast(2), identified => Assert.Equal(A.ProfileIds.Implied(A.User("u")), identified.profileId));
            Assert.Equal(2, records.OfType<ProfileMerged>().Count());
            Assert.Equal(2, (await store.AppliedAsync())!.Value.Sequence);
        });
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Barrier_RequestInATransactionStillOpen_IsBehindIt()
    {
        var directory = Directory.CreateTempSubdirectory("cdp-identity-barrier-");
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = directory.FullName }, cancel: TestContext.Current.CancellationToken);
        var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers };
        await TopicAdmin.EnsureAsync(kafka, [Topics.IdentityRequests]);
        var config = kafka.Producer();
        config.TransactionalId = "predecessor";
        using var predecessor = new ProducerBuilder<Null, byte[]>(config).Build();
        predecessor.InitTransactions(Bound);
        predecessor.BeginTransaction();
        var sent = await predecessor.ProduceAsync(kafka.TopicPrefix + Topics.IdentityRequests.Name, new() { Value = [1] }, TestContext.Current.CancellationToken);

        Assert.Equal(sent.Offset.Value + 1, await Changelog.EndAsync(kafka, Topics.IdentityRequests, 0));
        predecessor.AbortTransaction();
        directory.Delete(recursive: true);
    }

    [Fact]
    public void Build_WithoutAProfileIdKey_TellsKeyAndRemedy()
    {
        var e = Assert.Throws<ConfigurationException>(() => CdpHost.Build(IdentityService.Service, ["--Kafka:Partitions=0"]));
        Assert.Contains(e.Errors, error => error.Contains("ProfileIds:Key is empty; set it"));
        Assert.Contains(e.Errors, error => error.Contains("Kafka:Partitions"));
        Assert.Contains(e.Errors, error => error.Contains("Api:Tokens is empty"));
    }

    private static async Task RunAsync(string[] settings, Func<Task> story)
    {
        await using var app = CdpHost.Build(IdentityService.Service, settings);
        await app.StartAsync();
        await story();
        await app.StopAsync();
    }

    private static async Task SendAsync(KafkaOptions kafka, AvroCodec codec, params Event[] events)
    {
        using var producer = new ProducerBuilder<string, byte[]>(kafka.Producer()).Build();
        foreach (var envelope in events)
        {
            await producer.ProduceAsync(kafka.TopicPrefix + Topics.EventsValidated.Name, new() { Key = envelope.anonymousId ?? envelope.userId, Value = codec.Encode(Topics.EventsValidated, A.Validated(envelope)) });
        }
    }

    /// <summary>All of events.identified, once it holds so many events.</summary>
    private static async Task<List<object>> ReadAsync(KafkaOptions kafka, AvroCodec codec, int identified)
    {
        var records = new List<(DateTime, object Value)>();
        await EventuallyAsync(() =>
        {
            records.Clear();
            using var consumer = new ConsumerBuilder<string?, byte[]>(kafka.Consumer("test")).SetKeyDeserializer(Keys.Deserializer).Build();
            consumer.Assign(Enumerable.Range(0, kafka.Partitions).Select(partition => new TopicPartitionOffset(kafka.TopicPrefix + Topics.EventsIdentified.Name, partition, 0)));
            for (var ended = 0; ended < kafka.Partitions;)
            {
                var result = consumer.Consume(TimeSpan.FromSeconds(1));
                if (result is { IsPartitionEOF: false }) records.Add((result.Message.Timestamp.UtcDateTime, codec.Decode(result.Message.Value)));
                else ended++;
            }
            return Task.FromResult(records.Count(record => record.Value is IdentifiedEvent) >= identified);
        }, $"{identified} events are identified");
        return [.. records.OrderBy(record => record.Item1).Select(record => record.Value)];
    }

    private static IEnumerable<string> OfDevice(IEnumerable<object> records, string device) =>
        records.OfType<IdentifiedEvent>().Select(identified => identified.validated.envelope).Where(envelope => envelope.anonymousId == device).Select(envelope => envelope.messageId);

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            Assert.False(bound.IsCancellationRequested, $"not within {Bound}: {what}");
            await Task.Delay(50);
        }
    }
}
