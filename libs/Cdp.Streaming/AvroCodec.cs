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
    private static AvroWriter? _writer;

    private readonly ConcurrentDictionary<(string Topic, Type Record), int> _ids = new();
    private readonly ConcurrentDictionary<int, Read> _reads = new();

    private delegate ISpecificRecord Read(byte[] bytes);

    /// <summary>Registers the schemas of these topics, so that the first record finds the registry's answer known.</summary>
    public void Register(IEnumerable<Topic> topics)
    {
        foreach (var topic in topics)
        {
            foreach (var type in topic.Records) Id(topic, type);
        }
    }

    /// <exception cref="AvroException">A field that may not be null is null.</exception>
    public byte[] Encode(Topic topic, ISpecificRecord record)
    {
        var id = Id(topic, record.GetType());
        var writer = _writer ??= new AvroWriter();
        writer.Clear();
        ((IAvroRecord)record).Write(writer);
        return Frame(id, writer.Written);
    }

    /// <summary>Puts the framing before a record that <see cref="AvroWriter"/> has written.</summary>
    public byte[] Frame<TRecord>(Topic topic, ReadOnlySpan<byte> written)
        where TRecord : ISpecificRecord => Frame(Id(topic, typeof(TRecord)), written);

    /// <exception cref="AvroException">The bytes are not what the topic table names.</exception>
    public ISpecificRecord Decode(byte[] bytes)
    {
        if (bytes.Length < HeaderLength || bytes[0] != 0) throw new AvroException("not in the framing of a schema registry: the first byte must be 0, a schema id of four bytes must follow");
        return _reads.GetOrAdd(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)), Reader)(bytes);
    }

    private static byte[] Frame(int id, ReadOnlySpan<byte> written)
    {
        var framed = GC.AllocateUninitializedArray<byte>(HeaderLength + written.Length);
        framed[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), id);
        written.CopyTo(framed.AsSpan(HeaderLength));
        return framed;
    }

    private int Id(Topic topic, Type type) =>
        _ids.GetOrAdd((topic.Name, type), static (key, source) =>
        {
            var record = (ISpecificRecord)Activator.CreateInstance(key.Record)!;
            var schema = new Confluent.SchemaRegistry.Schema(record.Schema.ToString(), SchemaType.Avro);
            return source.Registry.RegisterSchemaAsync(source.Topic.Subject(source.Prefix, record), schema).GetAwaiter().GetResult();
        }, (Registry: registry, Topic: topic, Prefix: prefix));

    private Read Reader(int id)
    {
        var written = Avro.Schema.Parse(registry.GetSchemaAsync(id).GetAwaiter().GetResult().SchemaString);
        if (!Known.TryGetValue(written.Fullname, out var known)) throw new AvroException($"schema {id} is {written.Fullname}, which no topic of ours carries");
        // The generated code reads what was written with this build's schema, to the letter; what another version wrote is resolved field by field.
        return written.ToString() == known.ToString() ? Generated(AvroRecords.Reads[known.Fullname]) : Resolving(new SpecificDatumReader<ISpecificRecord>(written, known));
    }

    private static Read Generated(AvroRead read) => bytes =>
    {
        var reader = new AvroReader(bytes.AsSpan(HeaderLength));
        return read(ref reader);
    };

    private static Read Resolving(SpecificDatumReader<ISpecificRecord> reader) =>
        bytes => reader.Read(null!, new BinaryDecoder(new MemoryStream(bytes, HeaderLength, bytes.Length - HeaderLength, writable: false)));
}
