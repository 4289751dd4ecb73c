using System.Text;
using Confluent.Kafka;

namespace Cdp.Streaming;

/// <summary>The W3C trace context of a record, in its headers.</summary>
public static class TraceHeader
{
    public const string Name = "traceparent";

    public static string? Of(Headers? headers) => headers is not null && headers.TryGetLastBytes(Name, out var bytes) ? Encoding.ASCII.GetString(bytes) : null;
}
