using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Requests;

/// <summary>
/// The header of a request. The client id has the old encoding in every version, so that it can be read before the version is known.
/// </summary>
internal readonly record struct RequestHeader(ApiKey Key, short Version, int CorrelationId, string? ClientId)
{
    /// <summary>The largest request that is read, in bytes: Kafka's default <c>socket.request.max.bytes</c>.</summary>
    public const int MaxRequestBytes = 100 * 1024 * 1024;

    /// <summary>Reads the header and sets <paramref name="frame"/> to the rest: tagged fields, in flexible versions, and the body.</summary>
    public static RequestHeader Read(ref ReadOnlyMemory<byte> frame)
    {
        var reader = new WireReader(frame, version: 0, flexible: false);
        short key = 0, version = 0;
        var correlationId = 0;
        string? clientId = null;
        reader.Int16(ref key);
        reader.Int16(ref version);
        reader.Int32(ref correlationId);
        reader.NullableString(ref clientId);
        frame = frame[^reader.Remaining..];
        return new RequestHeader((ApiKey)key, version, correlationId, clientId);
    }
}
