using Avro;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Schemas;

namespace Cdp.Streaming.Records;

/// <summary>A record to be written. Its <see cref="Offset"/> is known once its transaction has committed.</summary>
public sealed class Outgoing(Topic topic, string? key, ISpecificRecord? value, int? partition)
{
    private byte[]? _encoded;

    public Topic Topic { get; } = topic;
    public string? Key { get; } = key;

    /// <summary>The record.</summary>
    /// <exception cref="InvalidOperationException">It is a tombstone.</exception>
    public ISpecificRecord Value => value ?? throw new InvalidOperationException($"the tombstone of {Key} has no value");

    /// <summary>Whether it deletes its key from a compacted topic, and has no value.</summary>
    public bool IsTombstone => value is null;

    /// <summary>The partition to write to; null until the commit if the key decides it.</summary>
    public int? Partition { get; internal set; } = partition;

    /// <summary>The offset of the record; -1 until its transaction has committed.</summary>
    public long Offset { get; internal set; } = -1;

    internal string? TraceParent { get; init; }

    /// <summary>
    /// The bytes of the record as they are written to the topic; null for a tombstone. Encoded by the first call, so the value must not change afterwards.
    /// </summary>
    /// <exception cref="AvroException">A field that may not be null is null.</exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema.</exception>
    public byte[]? Encode(AvroCodec codec) => IsTombstone ? null : _encoded ??= codec.Encode(Topic, Value);
}

/// <summary>The records that the decisions of a batch produce, in order. The loop writes them when it commits the batch.</summary>
public sealed class Outbox
{
    private readonly List<Outgoing> _records = [];

    public IReadOnlyList<Outgoing> Records => _records;

    /// <summary>The trace context of the record that is being decided; the records it causes are written under it.</summary>
    public string? TraceParent { get; internal set; }

    /// <summary>Adds a record.</summary>
    /// <param name="topic">The topic to write to.</param>
    /// <param name="key">The record's key; null for none.</param>
    /// <param name="value">The record. It must not change after the batch is decided.</param>
    /// <param name="partition">The partition to write to; null leaves it to the key.</param>
    /// <param name="traceParent">
    /// The trace context to write the record under; null means <see cref="TraceParent"/>. Records that are written once per batch belong to no single record.
    /// </param>
    public Outgoing Add(Topic topic, string? key, ISpecificRecord value, int? partition = null, string? traceParent = null)
    {
        var record = new Outgoing(topic, key, value, partition) { TraceParent = traceParent ?? TraceParent };
        _records.Add(record);
        return record;
    }

    /// <summary>Deletes a key from a compacted topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="key">The key.</param>
    /// <param name="partition">The partition that holds the key; null leaves it to the key.</param>
    public void AddTombstone(Topic topic, string key, int? partition = null) => _records.Add(new Outgoing(topic, key, null, partition));
}
