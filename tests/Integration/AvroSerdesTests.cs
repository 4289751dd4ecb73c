using Avro.Generic;
using Avro.IO;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Contracts.Tests;
using Cdp.Integration.Stack;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Xunit;
using SchemaRegistry = Cdp.Streaming.Schemas.SchemaRegistry;

namespace Cdp.Integration;

/// <summary>Records that our codec writes are read by the deserializer of Confluent's .NET client, which most readers of the log will use.</summary>
public sealed class AvroSerdesTests(TestStack stack)
{
    private const int RecordsOfEachType = 20;

    private static readonly IReadOnlyList<Topic> AllTopics = [.. Topics.All, .. Topics.PerDestination];

    public static TheoryData<string, string> Types => [.. AllTopics.SelectMany(topic => topic.Records.Select(type => (topic.Name, type.FullName!)))];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task DeserializeAsync_RecordOfOurCodec_SpecificRecordIsEqual(string topic, string type)
    {
        var read = typeof(AvroSerdesTests).GetMethod(
            nameof(ReadSpecificAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(typeof(Identifier).Assembly.GetType(type)!);
        await ForEachAsync(topic, type, (registry, bytes, context) => (Task<byte[]>)read.Invoke(null, [registry, bytes, context])!);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public Task DeserializeAsync_RecordOfOurCodec_GenericRecordIsEqual(string topic, string type) => ForEachAsync(topic, type, ReadGenericAsync);

    /// <summary>Encodes random records with our codec, and compares each with the record that the reader returned, encoded again.</summary>
    private async Task ForEachAsync(string topicName, string type, Func<ISchemaRegistryClient, byte[], SerializationContext, Task<byte[]>> readAsync)
    {
        await using var cluster = await stack.ClusterAsync();
        var topic = AllTopics.Single(row => row.Name == topicName);
        using var ours = new SchemaRegistry(new Uri(cluster.Kafka.SchemaRegistry), new RegistryAccess());
        using var theirs = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = cluster.Kafka.SchemaRegistry });
        var codec = new AvroCodec(ours, cluster.Prefix);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < RecordsOfEachType; i++)
        {
            var written = codec.Encode(topic, RandomRecords.Next(type, random));
            var read = await readAsync(theirs, written, new SerializationContext(MessageComponentType.Value, cluster.Kafka.NameOf(topic)));
            // Without the framing, which contains the schema's id.
            Assert.True(written.AsSpan(5).SequenceEqual(read), $"seed {seed}, record {i}");
        }
    }

    private static async Task<byte[]> ReadSpecificAsync<TRecord>(ISchemaRegistryClient registry, byte[] bytes, SerializationContext context)
        where TRecord : ISpecificRecord
    {
        var record = await new AvroDeserializer<TRecord>(registry).DeserializeAsync(bytes, isNull: false, context);
        var writer = new AvroWriter();
        ((IAvroRecord)record).Write(writer);
        return writer.Written.ToArray();
    }

    private static async Task<byte[]> ReadGenericAsync(ISchemaRegistryClient registry, byte[] bytes, SerializationContext context)
    {
        var record = await new AvroDeserializer<GenericRecord>(registry).DeserializeAsync(bytes, isNull: false, context);
        using var stream = new MemoryStream();
        new GenericDatumWriter<GenericRecord>(record.Schema).Write(record, new BinaryEncoder(stream));
        return stream.ToArray();
    }
}
