using System.Text.Json;
using System.Text.Json.Serialization;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalRegistry;

/// <summary>The compacted topic in which the registry keeps its schemas, in the record format of Confluent's registry.</summary>
public sealed class SchemaTopic : IDisposable
{
    public const string Name = "_schemas";

    private static readonly TopicPartition Partition = new(Name, 0);

    private readonly KafkaOptions _kafka;
    private readonly RecordWriter _writer;

    private SchemaTopic(KafkaOptions kafka) => (_kafka, _writer) = (kafka, new RecordWriter(kafka));

    /// <summary>Opens the topic, and creates it if it does not exist.</summary>
    /// <exception cref="KafkaException">The broker cannot be reached or refuses the request.</exception>
    public static async Task<SchemaTopic> OpenAsync(string bootstrapServers)
    {
        // The topic belongs to the whole cluster, so its name has no prefix.
        var kafka = new KafkaOptions { BootstrapServers = bootstrapServers, TopicPrefix = "" };
        using var admin = kafka.BuildAdmin();
        try
        {
            await admin.CreateTopicsAsync(
                [new TopicSpecification { Name = Name, NumPartitions = 1, ReplicationFactor = -1, Configs = new() { ["cleanup.policy"] = "compact" } }]);
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Created by an earlier start.
        }
        return new SchemaTopic(kafka);
    }

    /// <summary>Applies all records of the topic to the store.</summary>
    public void Load(SchemaStore store)
    {
        using var reader = new PartitionReader(_kafka, "schema-registry");
        var range = reader.Range(Partition);
        reader.Start(Partition, range.Low.Value);
        while (reader.Position < range.High.Value)
        {
            if (reader.Next(CancellationToken.None) is { Message: { Key: { } key, Value: { } value } }) Apply(store, key, value);
        }
    }

    /// <summary>Writes a version. Returns once the broker acknowledged it.</summary>
    public Task AppendAsync(SchemaVersion version) => AppendAsync(
        new RecordKey("SCHEMA", version.Subject, version.Version, 1),
        new SchemaValue(version.Subject, version.Version, version.Id, version.Schema.Text, false));

    /// <summary>Writes a level. Returns once the broker acknowledged it.</summary>
    public Task AppendAsync(LevelChange change) => AppendAsync(new RecordKey("CONFIG", change.Subject, null, 0), new ConfigValue(change.Level.Name()));

    public void Dispose() => _writer.Dispose();

    private static void Apply(SchemaStore store, string key, byte[] value)
    {
        switch (JsonSerializer.Deserialize<RecordKey>(key))
        {
            case { KeyType: "SCHEMA" }:
                var version = JsonSerializer.Deserialize<SchemaValue>(value)!;
                var schema = ParsedSchema.Parse(version.Schema, out var error) ?? throw new InvalidDataException(
                    $"{Name} has an invalid schema {version.Id} of subject {version.Subject}: {error}");
                store.Apply(new SchemaVersion(version.Subject, version.Version, version.Id, schema));
                break;
            case { KeyType: "CONFIG" } config when CompatibilityLevels.TryParse(JsonSerializer.Deserialize<ConfigValue>(value)!.Level, out var level):
                store.Apply(new LevelChange(config.Subject, level));
                break;
        }
    }

    private Task AppendAsync<TValue>(RecordKey key, TValue value) =>
        _writer.WriteAsync(
            Partition, new Message<byte[]?, byte[]> { Key = JsonSerializer.SerializeToUtf8Bytes(key), Value = JsonSerializer.SerializeToUtf8Bytes(value) });

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
