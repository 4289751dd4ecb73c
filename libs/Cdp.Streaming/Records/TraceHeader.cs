using System.Text;
using Confluent.Kafka;

namespace Cdp.Streaming.Records;

/// <summary>The W3C trace context of a record, in its headers.</summary>
public static class TraceHeader
{
    public const string Name = "traceparent";

    /// <summary>The bytes that the header adds to a record: its name and a value of 55 characters.</summary>
    internal const int Bytes = 11 + 55;

    /// <summary>The trace context among the headers of a record; null if there is none.</summary>
    public static string? Of(Headers? headers) => headers is not null && headers.TryGetLastBytes(Name, out var bytes) ? Encoding.ASCII.GetString(bytes) : null;
}
