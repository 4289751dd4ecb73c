using Avro.Specific;
using cdp;
using Cdp.Contracts;

namespace Cdp.Streaming;

/// <summary>A decoded record of an input topic.</summary>
/// <param name="Topic">The row of the topic table it came from.</param>
/// <param name="Position">Where it stands, with the topic's full name.</param>
/// <param name="Key">The record's key as UTF-8; null where it has none.</param>
/// <param name="Value">The generated record type, one of <see cref="Topic.Records"/>.</param>
/// <param name="AppendedAt">The record's Kafka timestamp.</param>
/// <param name="TraceParent">The W3C traceparent header, where the record carried one.</param>
public sealed record Incoming(Topic Topic, RecordPosition Position, string? Key, ISpecificRecord Value, DateTime AppendedAt, string? TraceParent);
