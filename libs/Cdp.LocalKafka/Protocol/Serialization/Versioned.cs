using System.Buffers.Binary;

namespace Cdp.LocalKafka.Protocol.Serialization;

/// <summary>The format of keys and values in Kafka's internal topics: a two-byte version, then the fields in that version.</summary>
internal static class Versioned
{
    public static byte[] Write(short version, bool flexible, IWireFields fields)
    {
        var writer = new WireWriter(version, flexible);
        fields.Describe(writer);
        var bytes = new byte[sizeof(short) + writer.Written.Length];
        BinaryPrimitives.WriteInt16BigEndian(bytes, version);
        writer.Written.Span.CopyTo(bytes.AsSpan(sizeof(short)));
        return bytes;
    }

    /// <exception cref="ProtocolException">The bytes are not such a record.</exception>
    public static T Read<T>(byte[] bytes, short firstFlexible) where T : IWireFields, new()
    {
        if (bytes.Length < sizeof(short)) throw new ProtocolException($"a record of {bytes.Length} bytes is too short for a version");
        var version = BinaryPrimitives.ReadInt16BigEndian(bytes);
        var fields = new T();
        fields.Describe(new WireReader(bytes.AsMemory(sizeof(short)), version, version >= firstFlexible));
        return fields;
    }
}
