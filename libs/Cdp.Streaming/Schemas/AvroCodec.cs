using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection;
using Avro;
using Avro.IO;
using Avro.Specific;
using Cdp.Contracts;
using Confluent.Kafka;

namespace Cdp.Streaming.Schemas;

/// <summary>
/// Encodes and decodes records in the wire format of Confluent's registry: a zero byte, the schema id as a big-endian int32, Avro binary. Thread-safe.
/// Each schema is requested once; until the registry provides it, every call that needs it throws <see cref="SchemaUnavailableException"/>.
/// </summary>
public sealed class AvroCodec(SchemaRegistry registry, string prefix)
{
    private const int HeaderLength = 5;

    // The schema of this build for every record type of the topic table, by full name.
    private static readonly Dictionary<string, Avro.Schema> OwnSchemas = Topics.All.Concat(Topics.PerDestination).SelectMany(topic => topic.Records).Distinct()
        .Select(type => (Avro.Schema)type.GetField("_SCHEMA", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
        .ToDictionary(schema => schema.Fullname);

    [ThreadStatic]
    private static AvroWriter? _writer;

    private readonly ConcurrentDictionary<(string Topic, Type Record), int> _ids = new();
    private readonly ConcurrentDictionary<int, Read> _reads = new();

    private delegate ISpecificRecord Read(byte[] bytes);

    /// <summary>Registers the schemas of these topics ahead of time, so that no later call to <see cref="Encode"/> waits for the registry.</summary>
    /// <exception cref="SchemaUnavailableException">The registry does not provide a schema.</exception>
    public void Register(IEnumerable<Topic> topics)
    {
        foreach (var topic in topics)
        {
            foreach (var type in topic.Records) Id(topic, type);
        }
    }

    /// <summary>Encodes a record, its framing included.</summary>
    /// <exception cref="AvroException">A field that may not be null is null.</exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema.</exception>
    public byte[] Encode(Topic topic, ISpecificRecord record)
    {
        var id = Id(topic, record.GetType());
        var writer = _writer ??= new AvroWriter();
        writer.Clear();
        ((IAvroRecord)record).Write(writer);
        return Frame(id, writer.Written);
    }

    /// <summary>Adds the framing to a record that was written with an <see cref="AvroWriter"/>.</summary>
    public byte[] Frame<TRecord>(Topic topic, ReadOnlySpan<byte> written)
        where TRecord : ISpecificRecord => Frame(Id(topic, typeof(TRecord)), written);

    /// <summary>Whether these bytes can be decoded, or rejected as a bad record, without a request to the registry.</summary>
    public bool Knows(byte[] bytes) => !IsFramed(bytes) || _reads.ContainsKey(SchemaId(bytes));

    /// <summary>Decodes a record.</summary>
    /// <exception cref="AvroException">
    /// The bytes are a bad record: they have no framing, their schema belongs to none of the topics, or they do not conform to their schema.
    /// </exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema, so the record may well be valid.</exception>
    public ISpecificRecord Decode(byte[] bytes)
    {
        if (!IsFramed(bytes)) throw new AvroException("the value has no schema registry framing: it must begin with a 0 byte and a schema id of four bytes");
        return _reads.GetOrAdd(SchemaId(bytes), Reader)(bytes);
    }

    /// <summary>Decodes the value of a record. If its schema is unavailable, the exception names the topic, partition and offset.</summary>
    /// <inheritdoc cref="Decode(byte[])"/>
    public ISpecificRecord Decode<TKey>(ConsumeResult<TKey, byte[]?> record)
    {
        try
        {
            return Decode(record.Message.Value ?? []);
        }
        catch (SchemaUnavailableException e)
        {
            var position = $"{record.Topic}-{record.Partition.Value}@{record.Offset.Value}";
            throw new SchemaUnavailableException($"the record at {position} cannot be decoded: {e.Message}", e);
        }
    }

    /// <summary>
    /// Decodes the value of a record that has been read before: null if it cannot be decoded, in which case the loop has dead-lettered it, or if it has another
    /// type.
    /// </summary>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema.</exception>
    public TRecord? DecodeOrNull<TRecord>(ConsumeResult<string?, byte[]?> record)
        where TRecord : class, ISpecificRecord
    {
        try
        {
            return Decode(record) as TRecord;
        }
        catch (AvroException)
        {
            return null;
        }
    }

    private static bool IsFramed(byte[] bytes) => bytes.Length >= HeaderLength && bytes[0] == 0;

    private static int SchemaId(byte[] bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1));

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
            return source.Registry.Register(source.Topic.Subject(source.Prefix, record), record.Schema.ToString());
        }, (Registry: registry, Topic: topic, Prefix: prefix));

    // The schema of an id never changes, so the result is cached, even if the schema cannot be used.
    private Read Reader(int id)
    {
        var schema = registry.Find(id);
        if (schema.Type != "AVRO") return Refusing($"schema {id} is of type {schema.Type}, not AVRO");
        var written = Parse(id, schema.Text);
        if (!OwnSchemas.TryGetValue(written.Fullname, out var own))
        {
            return Refusing($"schema {id} is {written.Fullname}, which is not a record type of these topics");
        }
        try
        {
            // The generated code reads only records of exactly this layout. Those of another version are resolved field by field, which is slower.
            return SchemaLayout.Of(written) == SchemaLayout.Of(own)
                ? Generated(AvroRecords.Reads[own.Fullname])
                : Resolving(new SpecificDatumReader<ISpecificRecord>(written, own));
        }
        catch (AvroException e)
        {
            return Refusing($"schema {id} is a version of {written.Fullname} that this build cannot read: {e.Message}");
        }
    }

    private static Avro.Schema Parse(int id, string text)
    {
        try
        {
            return Avro.Schema.Parse(text);
        }
        catch (Exception e)
        {
            // For an invalid schema the library throws exceptions of many types.
            throw new SchemaUnavailableException($"the registry's schema {id} cannot be parsed: {e.Message}; restore the schema in the registry", e);
        }
    }

    private static Read Refusing(string reason) => _ => throw new AvroException(reason);

    private static Read Generated(AvroRead read) => bytes =>
    {
        var reader = new AvroReader(bytes.AsSpan(HeaderLength));
        return read(ref reader);
    };

    private static Read Resolving(SpecificDatumReader<ISpecificRecord> reader) => bytes =>
    {
        try
        {
            return reader.Read(null!, new BinaryDecoder(new ForwardStream(bytes, HeaderLength)));
        }
        catch (Exception e) when (e is not AvroException)
        {
            // For invalid bytes the library throws exceptions of any kind: for an index, a length or a cast.
            throw new AvroException($"the value does not conform to schema {SchemaId(bytes)}: {e.Message}", e);
        }
    };

    // The library skips unknown fields by seeking, without a check: a negative length would make it read the same bytes forever.
    private sealed class ForwardStream(byte[] bytes, int start) : MemoryStream(bytes, start, bytes.Length - start, writable: false)
    {
        public override long Seek(long offset, SeekOrigin loc) =>
            loc == SeekOrigin.Current && offset >= 0 && offset <= Length - Position
                ? base.Seek(offset, loc)
                : throw new AvroException("a length exceeds the record");
    }
}
