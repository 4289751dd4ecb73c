using System.Collections;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Benchmarks;

/// <summary>The client's acknowledgements against what the topic holds, by messageId.</summary>
/// <param name="Lost">Acknowledged, but not in the topic.</param>
/// <param name="Unacknowledged">In the topic, though its request got no 200: Kafka answered too late, and a sender would send it again.</param>
/// <param name="Duplicates">Records beyond the first of an event.</param>
internal sealed record IngestionLedger(long Sent, long Acknowledged, long Found, long Lost, long Unacknowledged, long Duplicates, long Quarantined)
{
    public static IngestionLedger Read(KafkaOptions kafka, long sent, IEnumerable<LoadResult> loads)
    {
        var (acknowledged, found) = (new BitArray((int)sent), new BitArray((int)sent));
        foreach (var load in loads)
        {
            foreach (var answer in load.Answers.Where(answer => answer.Status == 200))
            {
                for (var i = 0; i < load.EventsPerRequest; i++) acknowledged[(int)answer.First + i] = true;
            }
        }
        var (records, quarantined) = (0L, 0L);
        Read(kafka, Topics.EventsCollected, record =>
        {
            if (RequestTemplate.Number(((CollectedEvent)record).envelope.messageId) is not { } number) return;
            found[(int)number] = true;
            records++;
        });
        Read(kafka, Topics.EventsQuarantined, _ => quarantined++);

        var distinct = Count(found);
        return new IngestionLedger(sent, Count(acknowledged), distinct, Count(new BitArray(acknowledged).And(new BitArray(found).Not())), Count(new BitArray(found).And(new BitArray(acknowledged).Not())), records - distinct, quarantined);
    }

    /// <summary>Without an outage every request is answered with 200, and every event is there once.</summary>
    /// <param name="hadOutage">Kafka was away: requests may have got 503.</param>
    public bool Agrees(bool hadOutage) => Lost == 0 && Duplicates == 0 && Quarantined == 0 && (hadOutage || (Acknowledged == Sent && Unacknowledged == 0));

    private static void Read(KafkaOptions kafka, Topic topic, Action<Avro.Specific.ISpecificRecord> each)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(kafka.Consumer("bench-ledger")).Build();
        consumer.Assign(Enumerable.Range(0, kafka.Partitions).Select(partition => new TopicPartitionOffset(kafka.TopicPrefix + topic.Name, partition, Offset.Beginning)));
        for (var ended = 0; ended < kafka.Partitions;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException($"{topic.Name} did not end");
            if (result.IsPartitionEOF) ended++;
            else each(codec.Decode(result.Message.Value));
        }
    }

    private static long Count(BitArray bits)
    {
        var count = 0L;
        for (var i = 0; i < bits.Length; i++)
        {
            if (bits[i]) count++;
        }
        return count;
    }
}
