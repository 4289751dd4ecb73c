using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Sends corrections to the owners of wrong profiles. A correction that arrives twice changes nothing: the second time, the state that it replaces no longer
/// exists.
/// </summary>
public sealed class CorrectionSender(KafkaOptions kafka, AvroCodec codec) : IDisposable
{
    // As long as the default of the client: a rebuild that has come this far should outlast a short outage.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private readonly RecordWriter _writer = new(kafka, Timeout);

    /// <param name="difference">The difference to correct.</param>
    /// <param name="cuts">For each partition of events.identified, the offset before which every event is included.</param>
    public Task SendAsync(Difference difference, IReadOnlyList<long> cuts)
    {
        var topic = kafka.NameOf(Topics.EventsIdentified);
        var correction = new ProfileRecomputed
        {
            profileId = difference.ProfileId,
            sequence = 0,
            state = difference.Rebuilt,
            cuts = [.. cuts.Select((cut, partition) => new RecordPosition { topic = topic, partition = partition, offset = cut })],
            replaces = difference.Replaces,
        };
        return _writer.WriteAsync(codec, Topics.ProfilesTransfers, correction.profileId, correction);
    }

    public void Dispose() => _writer.Dispose();
}
