using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;

namespace Cdp.Chaos.Ledger;

/// <summary>A dead delivery that was sent again.</summary>
/// <param name="Request">The position of the request in deliveries.requests.</param>
/// <param name="Origin">The position of the event in events.identified.</param>
public sealed record Redrive(Position Request, Position Origin);

/// <summary>Has dead deliveries sent again, as an operator does once the destination accepts them.</summary>
public static class Redrives
{
    /// <summary>Writes a request for each dead delivery of the flaky destination.</summary>
    public static async Task<IReadOnlyList<Redrive>> RequestAsync(KafkaOptions kafka, CommittedLog log, AvroCodec codec, CancellationToken stopping)
    {
        using var writer = new RecordWriter(kafka);
        var redrives = new List<Redrive>();
        foreach (var (at, _, value) in log.Read(Topics.DeliveriesDead))
        {
            if (value is not DeadDelivery { destinationId: DestinationIds.Flaky } dead) continue;
            var request = new DeliveryRequest
            {
                destinationId = dead.destinationId,
                profileId = dead.profileId,
                action = dead.action,
                @event = dead.@event,
                origin = dead.origin,
                deadAt = new RecordPosition { topic = kafka.NameOf(Topics.DeliveriesDead), partition = at.Partition, offset = at.Offset },
                job = "ledger",
                requestedAt = DateTime.UtcNow,
            };
            var partition = Partitioner.Partition(dead.profileId, kafka.Partitions);
            var offset = await writer.WriteAsync(codec, Topics.DeliveriesRequests, dead.profileId, request, partition, stopping: stopping);
            redrives.Add(new Redrive(new Position(partition, offset), new Position(dead.origin.partition, dead.origin.offset)));
        }
        return redrives;
    }
}
