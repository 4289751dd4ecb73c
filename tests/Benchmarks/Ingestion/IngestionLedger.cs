using System.Collections;
using cdp;
using Cdp.Benchmarks.Http;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Benchmarks.Ingestion;

/// <summary>Compares the acknowledgements with the records in the topic, by messageId. All members are numbers of events.</summary>
/// <param name="Lost">Acknowledged but not in the topic.</param>
/// <param name="Unacknowledged">In the topic although the request was not answered with 200: Kafka answered too late, and a sender would retry.</param>
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
        var lost = Count(new BitArray(acknowledged).And(new BitArray(found).Not()));
        var unacknowledged = Count(new BitArray(found).And(new BitArray(acknowledged).Not()));
        return new IngestionLedger(sent, Count(acknowledged), distinct, lost, unacknowledged, records - distinct, quarantined);
    }

    /// <summary>Whether nothing is lost or duplicated and, without an outage, every request was acknowledged.</summary>
    /// <param name="hadOutage">Kafka was down, so that requests may have been answered with 503.</param>
    public bool IsCorrect(bool hadOutage) => Lost == 0 && Duplicates == 0 && Quarantined == 0 && (hadOutage || (Acknowledged == Sent && Unacknowledged == 0));

    private static void Read(KafkaOptions kafka, Topic topic, Action<Avro.Specific.ISpecificRecord> each)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(kafka.Consumer("bench-ledger")).Build();
        var partitions = Enumerable.Range(0, kafka.Partitions);
        consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(kafka.TopicPrefix + topic.Name, partition, Offset.Beginning)));
        for (var ended = 0; ended < kafka.Partitions;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException($"{topic.Name} could not be read to its end");
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
