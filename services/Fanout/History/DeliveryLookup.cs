using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Fanout.History;

/// <summary>A record with its place.</summary>
/// <param name="Source">The topic and the partition.</param>
/// <param name="Offset">The offset.</param>
/// <param name="Record">The record.</param>
public sealed record LocatedRecord(PageSource Source, long Offset, ISpecificRecord Record);

/// <summary>Finds deliveries, and other records with events.</summary>
/// <param name="reader">Reads the topics.</param>
/// <param name="codec">Decodes the records.</param>
/// <param name="kafka">The cluster.</param>
public sealed class DeliveryLookup(PageReader reader, AvroCodec codec, KafkaOptions kafka)
{
    // How much later than its end a delivery may be appended: it is written in the transaction of its batch, which waits for the other requests of the batch.
    internal static readonly TimeSpan LongestBatch = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _ensuring = new(1);
    private volatile IReadOnlySet<string> _ensured = new HashSet<string>();

    /// <summary>Creates the topics that do not exist yet. Reading a missing topic would wait for it.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task EnsureAsync(IReadOnlyList<Topic> topics)
    {
        if (topics.All(topic => _ensured.Contains(topic.Name))) return;
        await _ensuring.WaitAsync();
        try
        {
            await TopicAdmin.EnsureAsync(kafka, topics);
            _ensured = topics.Select(topic => topic.Name).ToHashSet();
        }
        finally
        {
            _ensuring.Release();
        }
    }

    /// <summary>A page of deliveries; null if the cursor names a source that the query does not have.</summary>
    /// <param name="query">Which deliveries.</param>
    /// <param name="topics">Where they are.</param>
    /// <param name="period">When they ended.</param>
    /// <param name="from">Where the page begins; null for the first page.</param>
    /// <param name="limit">The most deliveries in the page.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<(IReadOnlyList<LocatedRecord> Found, PageEnd End)?> ListAsync(
        DeliveryQuery query, IReadOnlyList<Topic> topics, Period period, Cursor? from, int limit, CancellationToken stopping)
    {
        var sources = PageSource.Of(topics, kafka.Partitions, query.ProfileId);
        var page = new PageRequest(sources, period.Extended(LongestBatch), from, limit);
        if (page.Remaining is null) return null;
        var found = new List<LocatedRecord>();
        var end = await reader.ReadAsync(page, (source, record) =>
        {
            if (codec.DecodeOrNull<ISpecificRecord>(record) is not { } value || DeliverySummary.Of(value) is not { } summary) return false;
            if (!query.Matches(summary, period)) return false;
            found.Add(new LocatedRecord(source, record.Offset.Value, value));
            return true;
        }, stopping);
        return (found, end);
    }

    /// <summary>The number of keys that have a value in a compacted topic.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="TimeoutException">A partition is too long.</exception>
    public Task<int> CountAsync(Topic topic, CancellationToken stopping) => reader.CountAsync(topic, stopping);

    /// <summary>The record at a position; null if there is none.</summary>
    /// <param name="topics">The topics that may be read.</param>
    /// <param name="name">The topic, with or without the prefix: the positions that records hold have it.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<LocatedRecord?> FindAsync(IEnumerable<Topic> topics, string name, int partition, long offset, CancellationToken stopping)
    {
        if (topics.FirstOrDefault(topic => topic.Name == name || kafka.NameOf(topic) == name) is not { } found || partition >= kafka.Partitions) return null;
        var source = new PageSource(found, partition);
        var record = await reader.FindAsync(source, offset, stopping);
        return record is not null && codec.DecodeOrNull<ISpecificRecord>(record) is { } value ? new LocatedRecord(source, offset, value) : null;
    }
}
