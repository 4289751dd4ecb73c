using System.Text;
using Confluent.Kafka;

namespace Cdp.Streaming.Records;

/// <summary>Converts record keys, which are UTF-8 text or absent.</summary>
public static class RecordKeys
{
    /// <summary>Decodes keys in a consumer.</summary>
    public static readonly IDeserializer<string?> Deserializer = new Utf8();

    /// <summary>The key as it is written; null if there is none.</summary>
    public static byte[]? Bytes(string? key) => key is null ? null : Encoding.UTF8.GetBytes(key);

    private sealed class Utf8 : IDeserializer<string?>
    {
        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : Encoding.UTF8.GetString(data);
    }
}
