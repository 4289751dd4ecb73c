using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>Counts records over all topics.</summary>
internal sealed record PipelineLedger(
    long Collected, long Validated, long Folded, long InWrongProfile, long Delivered, long DeadDeliveries, long Quarantined, long Dead)
{
    /// <summary>Counts the events of one run, recognized by the prefix of their ids.</summary>
    public static async Task<PipelineLedger> ReadAsync(KafkaOptions kafka, string run)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        var profiles = new Dictionary<string, Profile>();
        await ReadAsync(Topics.Profiles, change => profiles[change.Key!] = (Profile)change.Value!);
        var mine = profiles.Values.Where(profile => profile.mergedInto is null && IsOfRun(profile)).ToList();
        var known = mine.Where(profile => profile.identifiers.Any(identifier => identifier.type == "user_id")).ToList();

        long quarantined = 0, dead = 0, deadDeliveries = 0;
        HashSet<string> collected = [], validated = [], delivered = [];
        await ReadAsync(Topics.EventsCollected, change => Note(collected, ((CollectedEvent)change.Value!).envelope.messageId));
        await ReadAsync(Topics.EventsValidated, change => Note(validated, ((ValidatedEvent)change.Value!).envelope.messageId));
        await ReadAsync(Topics.Deliveries, change => Note(delivered, ((Delivery)change.Value!).messageId));
        await ReadAsync(Topics.DeliveriesDead, change => deadDeliveries++);
        await ReadAsync(Topics.EventsQuarantined, change => quarantined++);
        await ReadAsync(Topics.Dead, change => dead++);
        return new PipelineLedger(
            collected.Count, validated.Count, mine.Sum(Events), mine.Except(known).Sum(Events), delivered.Count, deadDeliveries, quarantined, dead);

        bool IsOfRun(Profile profile) => profile.identifiers.Any(identifier => identifier.value.StartsWith(run, StringComparison.Ordinal));

        void Note(HashSet<string> seen, string messageId)
        {
            if (messageId.StartsWith(run, StringComparison.Ordinal)) seen.Add(messageId);
        }

        async Task ReadAsync(Topic topic, Action<Change> each)
        {
            for (var partition = 0; partition < (topic.SinglePartition ? 1 : kafka.Partitions); partition++)
            {
                await Changelog.ReadAsync(kafka, codec, topic, partition, 0, changes =>
                {
                    foreach (var change in changes) each(change);
                    return Task.CompletedTask;
                }, CancellationToken.None);
            }
        }
    }

    private static long Events(Profile profile) => profile.counts.Values.Sum(count => count.count);
}
