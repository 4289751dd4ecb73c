using System.Text.Json;
using System.Text.Json.Serialization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.Local.SchemaRegistry;

/// <summary>The log of the registry: a compacted topic, its records spelled as Confluent's registry spells them.</summary>
public sealed class SchemaTopic : IDisposable
{
    public const string Name = "_schemas";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _bootstrapServers;
    private readonly IProducer<byte[], byte[]> _producer;

    private SchemaTopic(string bootstrapServers)
    {
        _bootstrapServers = bootstrapServers;
        _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            EnableIdempotence = true,
            Acks = Acks.All,
            LingerMs = 0,
            MessageTimeoutMs = (int)Patience.TotalMilliseconds,
        }).Build();
    }

    /// <summary>Opens the topic, creates it where it is missing.</summary>
    /// <exception cref="KafkaException">The broker is away or refuses.</exception>
    public static async Task<SchemaTopic> OpenAsync(string bootstrapServers)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        try
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = Name, NumPartitions = 1, ReplicationFactor = -1, Configs = new() { ["cleanup.policy"] = "compact" } }]);
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // From an earlier start.
        }
        return new SchemaTopic(bootstrapServers);
    }

    /// <summary>Applies everything written so far.</summary>
    public void Load(SchemaStore store)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = _bootstrapServers, GroupId = "schema-registry", EnableAutoCommit = false }).Build();
        var partition = new TopicPartition(Name, 0);
        var marks = consumer.QueryWatermarkOffsets(partition, Patience);
        if (marks.Low.Value >= marks.High.Value) return;
        consumer.Assign(new TopicPartitionOffset(partition, marks.Low));
        for (var next = marks.Low.Value; next < marks.High.Value;)
        {
            var record = consumer.Consume(Patience) ?? throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"{Name} could not be read to its end, offset {marks.High}"));
            next = record.Offset.Value + 1;
            if (record.Message is { Key: { } key, Value: { } value }) Apply(store, key, value);
        }
    }

    /// <summary>Writes a version; returns once it is acknowledged.</summary>
    public Task AppendAsync(SchemaVersion version) => AppendAsync(
        new RecordKey("SCHEMA", version.Subject, version.Version, 1),
        new SchemaValue(version.Subject, version.Version, version.Id, version.Schema.Text, false));

    /// <summary>Writes a level; returns once it is acknowledged.</summary>
    public Task AppendAsync(LevelChange change) => AppendAsync(new RecordKey("CONFIG", change.Subject, null, 0), new ConfigValue(change.Level.Name()));

    public void Dispose() => _producer.Dispose();

    private static void Apply(SchemaStore store, byte[] key, byte[] value)
    {
        switch (JsonSerializer.Deserialize<RecordKey>(key))
        {
            case { KeyType: "SCHEMA" }:
                var version = JsonSerializer.Deserialize<SchemaValue>(value)!;
                var schema = ParsedSchema.Parse(version.Schema, out var fault) ?? throw new InvalidDataException($"{Name} holds schema {version.Id} of subject {version.Subject}, which cannot be read: {fault}");
                store.Apply(new SchemaVersion(version.Subject, version.Version, version.Id, schema));
                break;
            case { KeyType: "CONFIG" } config when CompatibilityLevels.TryParse(JsonSerializer.Deserialize<ConfigValue>(value)!.Level, out var level):
                store.Apply(new LevelChange(config.Subject, level));
                break;
        }
    }

    private Task AppendAsync<TValue>(RecordKey key, TValue value) =>
        _producer.ProduceAsync(Name, new Message<byte[], byte[]> { Key = JsonSerializer.SerializeToUtf8Bytes(key), Value = JsonSerializer.SerializeToUtf8Bytes(value) });

    private sealed record RecordKey(
        [property: JsonPropertyName("keytype")] string KeyType,
        [property: JsonPropertyName("subject")] string? Subject,
        [property: JsonPropertyName("version"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Version,
        [property: JsonPropertyName("magic")] int Magic);

    private sealed record SchemaValue(
        [property: JsonPropertyName("subject")] string Subject,
        [property: JsonPropertyName("version")] int Version,
        [property: JsonPropertyName("id")] int Id,
        [property: JsonPropertyName("schema")] string Schema,
        [property: JsonPropertyName("deleted")] bool Deleted);

    private sealed record ConfigValue([property: JsonPropertyName("compatibilityLevel")] string Level);
}
