using System.Text;
using Avro;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Consuming;

/// <summary>Decodes polled records. A record that cannot be decoded is given up without a decision; the rest of its batch is not affected.</summary>
/// <param name="context">The loop.</param>
/// <param name="source">Polls while the registry is asked for a schema.</param>
/// <param name="skips">Whether a record with these headers needs no decision, so that it is not decoded.</param>
internal sealed class BatchDecoder(LoopContext context, BatchSource source, Func<Headers?, bool> skips)
{
    private readonly Dictionary<string, Topic> _inputs = context.Options.Inputs.ToDictionary(context.NameOf);

    /// <summary>The records that need a decision and are not given up, in order, and their decoded forms.</summary>
    public (List<Raw> Records, List<Incoming> Batch) Decode(IReadOnlyList<Raw> polled, GivenUpRecords givenUp)
    {
        var (records, batch) = (new List<Raw>(polled.Count), new List<Incoming>(polled.Count));
        foreach (var record in polled)
        {
            if (skips(record.Message.Headers) || givenUp.Contains(record) || Decode(record, givenUp) is not { } incoming) continue;
            records.Add(record);
            batch.Add(incoming);
        }
        return (records, batch);
    }

    private Incoming? Decode(Raw record, GivenUpRecords givenUp)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            try
            {
                return Decode(record);
            }
            catch (Exception e) when (Faults.AreCausedByRecord(e))
            {
                if (!isSecond) continue;
                givenUp.Add(record, e);
                return null;
            }
        }
    }

    /// <summary>Decodes one record.</summary>
    /// <exception cref="AvroException">The record cannot be decoded.</exception>
    public Incoming Decode(Raw record)
    {
        var topic = _inputs[record.Topic];
        if (record.Message.Value is null) throw new AvroException("the record has no value");
        var value = context.OutageRetry.Run(
            "the schema registry",
            () => context.Codec.Knows(record.Message.Value) ? context.Codec.Decode(record) : DecodeWithRegistry(record),
            context.OutageRetry.IsOutage);
        if (Array.IndexOf(topic.Records, value.GetType()) < 0)
            throw new AvroException($"the record is {value.Schema.Fullname}, a type that does not belong to {record.Topic}");
        var key = record.Message.Key is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        return new Incoming(topic, DeadLetters.Position(record), key, value, record.Message.Timestamp.UtcDateTime, TraceHeader.Of(record.Message.Headers));
    }

    // The request to the registry blocks and may take long, while the consumer must be polled.
    private ISpecificRecord DecodeWithRegistry(Raw record)
    {
        var decoding = BlockingCalls.RunAsync(() => context.Codec.Decode(record));
        source.Await(decoding, "the schema registry");
        return decoding.Result;
    }
}
