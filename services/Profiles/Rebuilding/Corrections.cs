using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Profiles.Rebuilding;

/// <summary>Sends what was folded anew to the owners of wrong profiles. One that arrives twice finds another state than it replaces, and changes nothing.</summary>
public sealed class Corrections(KafkaOptions kafka, AvroCodec codec) : IDisposable
{
    private readonly IProducer<byte[]?, byte[]> _producer = new ProducerBuilder<byte[]?, byte[]>(kafka.Producer()).Build();

    /// <param name="difference">What is wrong.</param>
    /// <param name="cuts">By partition of events.identified the offset before which everything is folded.</param>
    public Task SendAsync(Difference difference, IReadOnlyList<long> cuts)
    {
        var correction = new ProfileRecomputed
        {
            profileId = difference.ProfileId,
            sequence = 0,
            state = difference.Rebuilt,
            cuts = [.. cuts.Select((cut, partition) => new RecordPosition { topic = kafka.TopicPrefix + Topics.EventsIdentified.Name, partition = partition, offset = cut })],
            replaces = difference.Replaces,
        };
        return _producer.ProduceAsync(kafka.TopicPrefix + Topics.ProfilesTransfers.Name, new() { Key = Keys.Bytes(correction.profileId), Value = codec.Encode(Topics.ProfilesTransfers, correction) });
    }

    public void Dispose() => _producer.Dispose();
}
