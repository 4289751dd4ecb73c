using cdp;
using Cdp.Chaos.Machines;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;
using Cdp.Contracts;
using Cdp.Streaming;
using StackExchange.Redis;

namespace Cdp.Chaos.Ledger;

/// <summary>Gathers what a run has left in the log, in Redis and at the webhook.</summary>
public sealed class Reading(Installation installation, Log log, IConnectionMultiplexer redis, AvroCodec codec, Webhook hook)
{
    private const int AtOnce = 1_000;

    private readonly HotState _hot = new(installation.KeyPrefix);

    public async Task<Observed> ReadAsync()
    {
        var (identified, ended) = (new List<Identified>(), new List<Ended>());
        foreach (var (at, _, value) in log.Read(Topics.EventsIdentified))
        {
            if (value is IdentifiedEvent e) identified.Add(new Identified(at, Event(e.validated), e.profileId, Ids(e.identifiers), Refused(e.dropped), Origin(e.origin)));
            if (value is ProfileMerged merged) ended.Add(new Ended(at, merged.loserId, merged.winnerId, merged.sequence));
        }
        var decisions = log.Read(Topics.IdentityDecisions).Select(record => Decision((IdentityDecision)record.Value!)).ToList();
        return new Observed
        {
            Validated = [.. log.Read(Topics.EventsValidated).Select(record => new Validated(record.At, Event((ValidatedEvent)record.Value!)))],
            Requests = [.. log.Read(Topics.IdentityRequests).Where(record => record.Value is LinkRequest).Select(record => Request(record.At, (LinkRequest)record.Value!))],
            Decisions = decisions,
            Identified = identified,
            Ended = ended,
            Handed = [.. log.Read(Topics.ProfilesTransfers).Select(record => Handed(record.At, record.Key!, record.Value!))],
            Profiles = await ProfilesAsync(),
            HotRoots = await RootsAsync(decisions.SelectMany(decision => decision.Ids).Distinct()),
            Arrived = hook.Arrived,
            Dead = [.. Dead(Topics.Dead), .. Dead(Topics.EventsQuarantined), .. Dead(Topics.DeliveriesDead)],
        };
    }

    private static Requested Request(At at, LinkRequest request) => new(at.Offset, Event(request.validated), Ids(request.identifiers), Origin(request.origin));

    private static Decided Decision(IdentityDecision decision) => new(
        decision.sequence, decision.kind, decision.profileId, Ids(decision.identifiers).ToHashSet(), decision.merged.ToHashSet(),
        decision.dropped.Where(dropped => dropped.reason is "limit" or "capped").Select(dropped => (new Id(dropped.type, dropped.value), dropped.reason)).ToHashSet(), Sent.IndexOf(decision.messageId), decision.request.offset);

    private static Handed Handed(At at, string to, Avro.Specific.ISpecificRecord value) => new(at, to, value switch
    {
        ProfileTransferred transferred => $"the state of {transferred.loserId}",
        EventForwarded forwarded => $"the event of {forwarded.origin.partition}@{forwarded.origin.offset}",
        AccountEvent account => $"the group call of {account.origin.partition}@{account.origin.offset}",
        _ => $"{value.Schema.Fullname} at {at}",
    });

    private async Task<Dictionary<string, State>> ProfilesAsync()
    {
        var logged = new Dictionary<string, (At At, Profile Profile)>();
        foreach (var (at, key, value) in log.Read(Topics.Profiles))
        {
            if (value is Profile profile) logged[key!] = (at, profile);
        }
        var states = new Dictionary<string, State>();
        foreach (var chunk in logged.Chunk(AtOnce))
        {
            var values = await Task.WhenAll(chunk.Select(profile => redis.GetDatabase().StringGetAsync(_hot.Profile(profile.Value.At.Partition, profile.Key))));
            foreach (var ((profileId, (at, profile)), value) in chunk.Zip(values)) states[profileId] = new State(at, profile, (byte[]?)value is { } bytes ? (Profile)codec.Decode(bytes) : null);
        }
        return states;
    }

    private async Task<Dictionary<Id, string>> RootsAsync(IEnumerable<Id> ids)
    {
        var roots = new Dictionary<Id, string>();
        foreach (var chunk in ids.Chunk(AtOnce))
        {
            var values = await Task.WhenAll(chunk.Select(id => redis.GetDatabase().StringGetAsync(_hot.Root(id.ToRecord()))));
            foreach (var (id, value) in chunk.Zip(values))
            {
                if ((string?)value is { } text) roots[id] = text[(text.IndexOf(' ') + 1)..];
            }
        }
        return roots;
    }

    private IEnumerable<string> Dead(Topic topic) => log.Read(topic).Select(record => $"{topic.Name} {record.At}: " + record.Value switch
    {
        DeadRecord dead => $"{dead.origin.topic} {dead.origin.partition}@{dead.origin.offset}: {dead.error}",
        QuarantinedEvent quarantined => $"{quarantined.messageId}: {string.Join(", ", quarantined.violations.Select(violation => violation.message))}",
        DeadDelivery delivery => $"{delivery.messageId}: {delivery.reason}",
        _ => "",
    });

    private static int Event(ValidatedEvent validated) => Sent.IndexOf(validated.envelope.messageId);

    private static At Origin(RecordPosition position) => new(position.partition, position.offset);

    private static Id[] Ids(IEnumerable<Identifier> identifiers) => [.. identifiers.Select(Id.Of)];

    private static Id[] Refused(IEnumerable<DroppedIdentifier> dropped) => [.. dropped.Where(drop => drop.reason is "limit" or "capped").Select(drop => new Id(drop.type, drop.value))];
}
