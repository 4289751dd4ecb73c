using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Confluent.Kafka;

namespace Cdp.Fanout.Resending;

/// <summary>Writes requests to deliveries.requests.</summary>
/// <param name="kafka">The cluster.</param>
/// <param name="codec">Encodes the records.</param>
/// <param name="failed">Receives a fatal error of the Kafka client. No request can be written after it.</param>
public sealed class RequestWriter(KafkaOptions kafka, AvroCodec codec, Action<KafkaException> failed) : IDisposable
{
    private readonly RecordWriter _writer = new(kafka, failed: failed);

    /// <summary>
    /// Writes the requests of each profile in their order, those of different profiles in parallel. Returns when all are acknowledged.
    /// </summary>
    /// <exception cref="KafkaException">Kafka is unavailable. Some of the requests may have been written.</exception>
    public Task WriteAsync(IEnumerable<DeliveryRequest> requests, CancellationToken stopping) =>
        Task.WhenAll(requests.GroupBy(request => request.profileId).Select(profile => WriteInOrderAsync(profile, stopping)));

    public void Dispose() => _writer.Dispose();

    // One after the other: if a write fails, no later one of the profile may have overtaken it.
    private async Task WriteInOrderAsync(IEnumerable<DeliveryRequest> requests, CancellationToken stopping)
    {
        foreach (var request in requests) await _writer.WriteAsync(codec, Topics.DeliveriesRequests, request.profileId, request, stopping: stopping);
    }
}
