using Avro.Specific;
using cdp;
using Cdp.Contracts;

namespace Cdp.Streaming.Records;

/// <summary>A decoded record of an input topic.</summary>
/// <param name="Topic">The input topic, a row of the topic table.</param>
/// <param name="Position">The record's full topic name, partition and offset.</param>
/// <param name="Key">The record's key, decoded as UTF-8; null if it has none.</param>
/// <param name="Value">The decoded value, of one of the types in <see cref="Topic.Records"/>.</param>
/// <param name="AppendedAt">The record's Kafka timestamp.</param>
/// <param name="TraceParent">The value of the W3C traceparent header; null if the record has none.</param>
public sealed record Incoming(Topic Topic, RecordPosition Position, string? Key, ISpecificRecord Value, DateTime AppendedAt, string? TraceParent);
