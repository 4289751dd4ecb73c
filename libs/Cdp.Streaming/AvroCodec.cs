using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection;
using Avro;
using Avro.IO;
using Avro.Specific;
using Cdp.Contracts;
using Confluent.SchemaRegistry;

namespace Cdp.Streaming;

/// <summary>
/// Records to bytes and back, in the framing of Confluent's registry: a zero byte, the schema id as a big-endian int32, Avro binary.
/// Thread-safe. Registry calls are made once per schema; while the registry is away they throw <see cref="HttpRequestException"/>.
/// </summary>
public sealed class AvroCodec(ISchemaRegistryClient registry, string prefix)
{
    private const int HeaderLength = 5;

    // The reader's side of every record that the topic table names, by full name.
    private static readonly Dictionary<string, Avro.Schema> Known = Topics.All.SelectMany(topic => topic.Records).Distinct()
        .Select(type => (Avro.Schema)type.GetField("_SCHEMA", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
        .ToDictionary(schema => schema.Fullname);

    [ThreadStatic]
    private static MemoryStream? _buffer;

    private readonly ConcurrentDictionary<(string Topic, Type Record), (int Id, SpecificDatumWriter<ISpecificRecord> Writer)> _writers = new();
    private readonly ConcurrentDictionary<int, SpecificDatumReader<ISpecificRecord>> _readers = new();

    /// <summary>Registers the schemas of these topics, so that the first record finds the registry's answer known.</summary>
    public void Register(IEnumerable<Topic> topics)
    {
        foreach (var topic in topics)
        {
            foreach (var type in topic.Records) Writer(topic, type);
        }
    }

    public byte[] Encode(Topic topic, ISpecificRecord record)
    {
        var (id, writer) = Writer(topic, record.GetType());
        var buffer = _buffer ??= new MemoryStream(1024);
        buffer.SetLength(0);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(header[1..], id);
        buffer.Write(header);
        writer.Write(record, new BinaryEncoder(buffer));
        return buffer.ToArray();
    }

    /// <summary>Puts the framing before a record that <see cref="AvroWriter"/> has written.</summary>
    public byte[] Frame<TRecord>(Topic topic, ReadOnlySpan<byte> written)
        where TRecord : ISpecificRecord
    {
        var framed = new byte[HeaderLength + written.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), Writer(topic, typeof(TRecord)).Id);
        written.CopyTo(framed.AsSpan(HeaderLength));
        return framed;
    }

    /// <exception cref="AvroException">The bytes are not what the topic table names.</exception>
    public ISpecificRecord Decode(byte[] bytes)
    {
        if (bytes.Length < HeaderLength || bytes[0] != 0) throw new AvroException("not in the framing of a schema registry: the first byte must be 0, a schema id of four bytes must follow");
        var reader = _readers.GetOrAdd(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)), Reader);
        return reader.Read(null!, new BinaryDecoder(new MemoryStream(bytes, HeaderLength, bytes.Length - HeaderLength, writable: false)));
    }

    private (int Id, SpecificDatumWriter<ISpecificRecord> Writer) Writer(Topic topic, Type type) =>
        _writers.GetOrAdd((topic.Name, type), static (key, source) =>
        {
            var record = (ISpecificRecord)Activator.CreateInstance(key.Record)!;
            var schema = new Confluent.SchemaRegistry.Schema(record.Schema.ToString(), SchemaType.Avro);
            var id = source.Registry.RegisterSchemaAsync(source.Topic.Subject(source.Prefix, record), schema).GetAwaiter().GetResult();
            return (id, new SpecificDatumWriter<ISpecificRecord>(record.Schema));
        }, (Registry: registry, Topic: topic, Prefix: prefix));

    private SpecificDatumReader<ISpecificRecord> Reader(int id)
    {
        var written = Avro.Schema.Parse(registry.GetSchemaAsync(id).GetAwaiter().GetResult().SchemaString);
        return Known.TryGetValue(written.Fullname, out var schema)
            ? new SpecificDatumReader<ISpecificRecord>(written, schema)
            : throw new AvroException($"schema {id} is {written.Fullname}, which no topic of ours carries");
    }
}
