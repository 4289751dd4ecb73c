using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Destinations.Routing;
using Cdp.Fanout.History;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Fanout.Resending;

/// <summary>One page of a re-drive or a replay.</summary>
/// <param name="Page">What was read, and where the next page begins.</param>
/// <param name="Requests">The requests for the events that were selected, in the order of their partitions.</param>
/// <param name="Excluded">The events that a rule of the destination excludes.</param>
/// <param name="Unreadable">The records that cannot be read.</param>
public sealed record ResendPage(PageEnd Page, IReadOnlyList<DeliveryRequest> Requests, int Excluded, int Unreadable);

/// <summary>Selects the events of a re-drive or a replay, a page at a time. Remembers nothing: the cursor says where to continue.</summary>
/// <param name="reader">Reads the topics.</param>
/// <param name="codec">Decodes the records.</param>
/// <param name="kafka">The cluster.</param>
/// <param name="time">The clock.</param>
public sealed class Resender(PageReader reader, AvroCodec codec, KafkaOptions kafka, TimeProvider time)
{
    /// <summary>Selects dead deliveries.</summary>
    /// <param name="selection">Which ones.</param>
    /// <param name="period">When they were given up.</param>
    /// <param name="from">Where the page begins; null for the first page.</param>
    /// <param name="limit">The most deliveries in the page.</param>
    /// <param name="job">The operator's name for the re-drive.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<ResendPage> SelectDeadAsync(
        DeadSelection selection, Period period, Cursor? from, int limit, string job, CancellationToken stopping)
    {
        var (requests, unreadable, now) = (new List<DeliveryRequest>(), 0, time.GetUtcNow().UtcDateTime);
        var sources = PageSource.Of([Topics.DeliveriesDead], kafka.Partitions, null);
        var request = new PageRequest(sources, period.Extended(DeliveryLookup.LongestBatch), from, limit);
        var end = await reader.ReadAsync(request, Select, stopping);
        return new ResendPage(end, requests, 0, unreadable);

        bool Select(PageSource source, ConsumeResult<string?, byte[]?> record)
        {
            var dead = codec.DecodeOrNull<DeadDelivery>(record);
            if (dead is null) unreadable++;
            if (dead is null || !selection.Matches(dead, period)) return false;
            requests.Add(DeliveryRequests.Of(dead, PositionOf(record), job, now));
            return true;
        }
    }

    /// <summary>Selects the events of the history that trigger an action of a destination.</summary>
    /// <param name="destinationId">The destination.</param>
    /// <param name="router">What triggers its actions.</param>
    /// <param name="period">When the events were appended to events.identified.</param>
    /// <param name="from">Where the page begins; null for the first page.</param>
    /// <param name="limit">The most events in the page.</param>
    /// <param name="job">The operator's name for the replay.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<ResendPage> SelectEventsAsync(
        string destinationId, Router router, Period period, Cursor? from, int limit, string job, CancellationToken stopping)
    {
        var (requests, excluded, unreadable, now) = (new List<DeliveryRequest>(), 0, 0, time.GetUtcNow().UtcDateTime);
        var sources = PageSource.Of([Topics.EventsIdentified], kafka.Partitions, null);
        var end = await reader.ReadAsync(new PageRequest(sources, period, from, limit), Select, stopping);
        return new ResendPage(end, requests, excluded, unreadable);

        bool Select(PageSource source, ConsumeResult<string?, byte[]?> record)
        {
            var (type, name) = EventHeaders.Of(record.Message.Headers);
            if (type is not null && router.Matches(type, name) == false) return false;
            try
            {
                // The topic also has records about profiles, which are not events.
                if (codec.Decode(record) is not IdentifiedEvent identified) return false;
                switch (router.Route(identified))
                {
                    case RoutedEvent.Triggered:
                        requests.Add(DeliveryRequests.Of(identified, PositionOf(record), destinationId, job, now));
                        return true;
                    case RoutedEvent.Filtered:
                        excluded++;
                        return false;
                    default:
                        return false;
                }
            }
            catch (Exception e) when (e is Avro.AvroException or JsonException or InvalidOperationException)
            {
                unreadable++;
                return false;
            }
        }
    }

    private static RecordPosition PositionOf(ConsumeResult<string?, byte[]?> record) =>
        new() { topic = record.Topic, partition = record.Partition.Value, offset = record.Offset.Value };
}
