using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Restoring;

/// <summary>A Redis that lost the graph, or some of it, has it again from identity.decisions: without an event that asks for it.</summary>
public sealed class RestoreTests : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-identity-restore-").FullName;

    [Theory]
    [InlineData("flushed")]
    [InlineData("older file")]
    public async Task Service_RedisLosesStateWhileNothingArrives_HasTheSameAgain(string loss)
    {
        await using var server = await RedisServer.StartAsync();
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = Path.Combine(_directory, "kafka") }, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, SchemaRegistry = registry.Url, Partitions = 3 };
        await TopicAdmin.EnsureAsync(kafka, Topics.All);
        await using var redis = await server.ConnectAsync();
        await using var app = CdpHost.Build(IdentityService.Service,
        [
            $"--Kafka:BootstrapServers={kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={kafka.SchemaRegistry}", "--Kafka:Partitions=3",
            $"--Redis:Endpoint={server.Endpoint}", "--Redis:KeyPrefix=restore:", "--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("a test's token")}", "--Port=0",
        ]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        await LinkAsync(kafka, 0, 20);
        await EventuallyAsync(async () => await SequenceAsync(redis) == 20, "the first links are decided");
        await redis.GetServers()[0].ExecuteAsync("SAVE");
        await LinkAsync(kafka, 20, 20);
        var end = 0L;
        await EventuallyAsync(async () => (long)await redis.GetDatabase().StringGetAsync(new HotState("restore:").LinkerPosition) == (end = await Changelog.EndAsync(kafka, Topics.IdentityRequests, 0)) && await SequenceAsync(redis) == 40, "all links are decided");
        var before = await StateAsync(redis);

        if (loss == "flushed")
        {
            await redis.GetServers()[0].FlushAllDatabasesAsync();
        }
        else
        {
            server.Kill();
            await server.ResumeAsync();
        }

        await EventuallyAsync(async () => await StateAsync(redis) == before, "Redis has the same again");
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task LinkAsync(KafkaOptions kafka, int first, int count)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        using var producer = new ProducerBuilder<string, byte[]>(kafka.Producer()).Build();
        for (var i = first; i < first + count; i++)
        {
            var envelope = A.Event($"{i}", userId: $"u{i}", anonymousId: $"a{i}");
            await producer.ProduceAsync(kafka.TopicPrefix + Topics.EventsValidated.Name, new() { Key = envelope.anonymousId!, Value = codec.Encode(Topics.EventsValidated, A.Validated(envelope)) });
        }
    }

    private static async Task<long> SequenceAsync(ConnectionMultiplexer redis) => (await new IdentityStore(redis, "restore:").AppliedAsync())?.Sequence ?? 0;

    /// <summary>Every key and what it holds.</summary>
    private static async Task<string> StateAsync(ConnectionMultiplexer redis)
    {
        var lines = new List<string>();
        foreach (var key in redis.GetServers()[0].Keys(pattern: "restore:*").ToList())
        {
            var type = await redis.GetDatabase().KeyTypeAsync(key);
            lines.Add(type == RedisType.Hash
                ? $"{key} {string.Join(' ', (await redis.GetDatabase().HashGetAllAsync(key)).Select(field => $"{field.Name}={field.Value}").Order(StringComparer.Ordinal))}"
                : $"{key} {await redis.GetDatabase().StringGetAsync(key)}");
        }
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            try
            {
                if (await condition()) return;
            }
            catch (Exception e) when (Redis.IsOutage(e) && !bound.IsCancellationRequested)
            {
                // It is not back yet.
            }
            Assert.False(bound.IsCancellationRequested, $"not within {Bound}: {what}");
            await Task.Delay(50);
        }
    }
}
