using Avro;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>Reads single records of a topic by their offsets. For one call at a time. Connects with the first call.</summary>
/// <param name="kafka">The cluster.</param>
/// <param name="codec">Decodes the values.</param>
/// <param name="topic">The topic.</param>
public sealed class RecordLookup(KafkaOptions kafka, AvroCodec codec, Topic topic) : IDisposable
{
    private const string Group = "record-lookup";

    // Reading on is cheaper than a new position, which discards what the client has fetched ahead.
    private const int MaxGap = 200;

    private PartitionReader? _reader;

    /// <summary>
    /// The committed records at these offsets, up to a number of bytes. A record that is missing although the result has reached its offset was removed by
    /// compaction: a later record has its key.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="offsets">The offsets, in ascending order.</param>
    /// <param name="maxBytes">How many bytes of values to read; at least one record is read.</param>
    /// <param name="stopping">Cancels the call between two records.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema of a record.</exception>
    /// <exception cref="AvroException">A record cannot be decoded.</exception>
    public Task<FoundRecords> FindAsync(int partition, IReadOnlyList<long> offsets, int maxBytes, CancellationToken stopping) =>
        BlockingCalls.RunAsync(() => Find(partition, offsets, maxBytes, stopping));

    public void Dispose() => _reader?.Dispose();

    private FoundRecords Find(int partition, IReadOnlyList<long> offsets, int maxBytes, CancellationToken stopping)
    {
        var (found, wanted) = (new Dictionary<long, (ISpecificRecord, string?)>(), offsets.ToHashSet());
        var (bytes, isStarted) = (0, false);
        _reader ??= new PartitionReader(kafka, Group);
        foreach (var offset in offsets)
        {
            if (bytes >= maxBytes) return new FoundRecords(found, offset - 1);
            if (!isStarted || offset - _reader.Position > MaxGap) _reader.Start(kafka.PartitionOf(topic, partition), offset);
            isStarted = true;
            while (_reader.Position <= offset)
            {
                // At the end of the partition the record may belong to a transaction whose marker is still on its way.
                if (_reader.Next(stopping) is not { Message.Value: { } value } record || !wanted.Contains(record.Offset.Value)) continue;
                bytes += value.Length;
                found[record.Offset.Value] = (codec.Decode(record), TraceHeader.Of(record.Message.Headers));
            }
        }
        return new FoundRecords(found, long.MaxValue);
    }
}

/// <summary>Records that were looked up by their offsets.</summary>
/// <param name="Records">The records, each with its W3C trace context, by offset.</param>
/// <param name="Reached">The offset up to which records were looked up.</param>
public sealed record FoundRecords(IReadOnlyDictionary<long, (ISpecificRecord Record, string? TraceParent)> Records, long Reached);
