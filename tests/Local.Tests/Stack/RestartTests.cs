using System.Text;
using System.Text.Json;
using Cdp.Local.Stack;
using Cdp.LocalRegistry;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Confluent.SchemaRegistry;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Local.Tests.Stack;

/// <summary>The embedded infrastructure keeps everything in its data directory.</summary>
[Trait("tier", "integration")]
public sealed class RestartTests : IDisposable
{
    private const string Schema = """{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}""";

    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Start_WithEarlierData_HasItsRecordsOffsetsSchemasAndKeys()
    {
        int id;
        await using (var infra = await StartAsync())
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = infra.Kafka }).Build();
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 3 }]);
            using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = infra.Kafka, EnableIdempotence = true }).Build();
            for (var i = 0; i < 10; i++)
            {
                await producer.ProduceAsync(
                    new TopicPartition("orders", 0), new Message<string, string> { Key = "k", Value = $"{i}" }, TestContext.Current.CancellationToken);
            }
            Assert.Equal(Enumerable.Range(0, 4).Select(i => $"{i}"), Consume(infra, 4));

            using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = infra.Registry });
            id = await registry.RegisterSchemaAsync("orders-value", new Confluent.SchemaRegistry.Schema(Schema, SchemaType.Avro));
            await registry.UpdateCompatibilityAsync(Compatibility.Forward, "orders-value");
            await registry.UpdateCompatibilityAsync(Compatibility.Backward);

            await using var redis = await ConnectionMultiplexer.ConnectAsync(infra.Redis);
            await redis.GetDatabase().HashSetAsync("profile", "name", "Ada");
        }

        await using (var infra = await StartAsync())
        {
            Assert.Equal(Enumerable.Range(4, 6).Select(i => $"{i}"), Consume(infra, 6));

            using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = infra.Registry });
            Assert.Equal(Schema, (await registry.GetSchemaAsync(id)).SchemaString);
            Assert.Equal(Compatibility.Forward, await registry.GetCompatibilityAsync("orders-value"));
            Assert.Equal(Compatibility.Backward, await registry.GetCompatibilityAsync());
            Assert.NotEqual(id, await registry.RegisterSchemaAsync("other-value", new Confluent.SchemaRegistry.Schema("\"int\"", SchemaType.Avro)));

            await using var redis = await ConnectionMultiplexer.ConnectAsync(infra.Redis);
            Assert.Equal("Ada", await redis.GetDatabase().HashGetAsync("profile", "name"));
        }
    }

    [Fact]
    public async Task Register_Schema_WritesConfluentsRecordFormat()
    {
        await using var infra = await StartAsync();
        using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = infra.Registry });
        await registry.RegisterSchemaAsync("orders-value", new Confluent.SchemaRegistry.Schema(Schema, SchemaType.Avro));
        await registry.UpdateCompatibilityAsync(Compatibility.Backward);

        var config = new ConsumerConfig { BootstrapServers = infra.Kafka, GroupId = "reader" };
        using var consumer = new ConsumerBuilder<string, string>(config).Build();
        consumer.Assign(new TopicPartitionOffset(SchemaTopic.Name, 0, Offset.Beginning));
        var schema = consumer.Consume(TimeSpan.FromSeconds(10)).Message;
        var level = consumer.Consume(TimeSpan.FromSeconds(10)).Message;

        Assert.Equal("""{"keytype":"SCHEMA","subject":"orders-value","version":1,"magic":1}""", schema.Key);
        var value = JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetBytes(schema.Value));
        Assert.Equal(["subject", "version", "id", "schema", "deleted"], value.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Schema, value.GetProperty("schema").GetString());
        Assert.Equal("""{"keytype":"CONFIG","subject":null,"magic":0}""", level.Key);
        Assert.Equal("""{"compatibilityLevel":"BACKWARD"}""", level.Value);
    }

    private Task<LocalInfra> StartAsync() => LocalInfra.StartAsync(LocalDirectory.Options(_data), NullLoggerFactory.Instance);

    // Reads from the committed offset of the group, and commits.
    private static List<string> Consume(LocalInfra infra, int count)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = infra.Kafka,
            GroupId = "group",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
        };
        using var consumer = new ConsumerBuilder<string, string>(config).Build();
        consumer.Subscribe("orders");
        var values = new List<string>();
        while (values.Count < count)
        {
            var record = consumer.Consume(TimeSpan.FromSeconds(15)) ?? throw new TimeoutException($"{values.Count} of {count} records were received");
            values.Add(record.Message.Value);
            consumer.Commit(record);
        }
        consumer.Close();
        return values;
    }
}
