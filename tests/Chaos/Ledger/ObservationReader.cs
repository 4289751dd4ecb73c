using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Avro.Specific;
using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Chaos.Ledger;

/// <summary>Reads all results of a run from the topics, Redis and the destinations.</summary>
public sealed class ObservationReader(
    Installation installation, Population population, CommittedLog log, IConnectionMultiplexer redis, AvroCodec codec, WebhookReceiver webhook)
{
    private const int ChunkSize = 1_000;

    private readonly HotStateKeys _hot = new(installation.KeyPrefix);

    public async Task<Observed> ReadAsync()
    {
        var (identified, merges, splits) = (new List<IdentifiedRecord>(), new List<MergeAnnouncement>(), new List<SplitAnnouncement>());
        foreach (var (at, _, value) in log.Read(Topics.EventsIdentified))
        {
            if (value is IdentifiedEvent e) identified.Add(ToIdentified(at, e));
            if (value is ProfileMerged merged) merges.Add(new MergeAnnouncement(at, merged.loserId, merged.winnerId, merged.sequence));
            if (value is ProfileSplit split) splits.Add(new SplitAnnouncement(at, split.profileId, [.. split.into], ToIds(split.identifiers), split.sequence));
        }
        var decisions = log.Read(Topics.IdentityDecisions).Select(record => ToDecision((IdentityDecision)record.Value!)).ToList();
        var (quarantined, givenUp) = (new List<QuarantinedRecord>(), new List<string>());
        foreach (var (at, _, value) in log.Read(Topics.EventsQuarantined))
        {
            if (value is QuarantinedEvent { encoding: "json" } refused) quarantined.Add(ToQuarantined(at, refused));
            else if (value is QuarantinedEvent other) givenUp.Add($"{Topics.EventsQuarantined.Name} {at}: {other.messageId}: {Reasons(other)}");
        }
        return new Observed
        {
            Collected = [.. Readable<CollectedEvent>(Topics.EventsCollected).Select(record => ToCollected(record.At, record.Value))],
            Quarantined = quarantined,
            Validated = [.. Readable<ValidatedEvent>(Topics.EventsValidated).Select(record => ToValidated(record.At, record.Value))],
            Requests = [.. log.Read(Topics.IdentityRequests).Select(record => ToRequest(record.At, record.Value)).OfType<IdentityRequest>()],
            Decisions = decisions,
            Identified = identified,
            Merges = merges,
            Splits = splits,
            Transfers = [.. log.Read(Topics.ProfilesTransfers).Select(record => ToTransfer(record.At, record.Key!, record.Value!))],
            Profiles = await ReadProfilesAsync(),
            HotRoots = await ReadRootsAsync(decisions.SelectMany(decision => decision.Ids).Distinct()),
            Deliveries = webhook.Deliveries,
            Outcomes =
            [
                .. log.Read(Topics.Deliveries).Select(record => ToOutcome(record.At, (Delivery)record.Value!)),
                .. log.Read(Topics.DeliveriesDead).Select(record => ToOutcome(record.At, (DeadDelivery)record.Value!)),
            ],
            Waiting = [.. DestinationIds.All.SelectMany(log.Waiting)],
            DeadLetters = [.. log.Read(Topics.Dead).Select(record => ToDeadLetter(record.Key, (DeadRecord)record.Value!))],
            GivenUp = givenUp,
        };
    }

    private IEnumerable<(Position At, T Value)> Readable<T>(Topic topic) where T : class =>
        log.Read(topic).Where(record => record.Value is not null).Select(record => (record.At, (T)(object)record.Value!));

    private CollectedRecord ToCollected(Position at, CollectedEvent collected) => new(at, population.Find(collected.envelope), collected.envelope.receivedAt);

    private ValidatedRecord ToValidated(Position at, ValidatedEvent validated) => new(at, EventOf(validated), validated.envelope.receivedAt);

    private IdentifiedRecord ToIdentified(Position at, IdentifiedEvent e) =>
        new(at, EventOf(e.validated), e.profileId, ToIds(e.identifiers), ToRefused(e.dropped), ToPosition(e.origin));

    private QuarantinedRecord ToQuarantined(Position at, QuarantinedEvent refused)
    {
        var codes = string.Join(' ', refused.violations.Select(violation => violation.kind));
        return new QuarantinedRecord(
            population.FindRefused(Encoding.UTF8.GetString(refused.original)), codes, $"{at}: {refused.messageId}: {Reasons(refused)}");
    }

    private static string Reasons(QuarantinedEvent quarantined) =>
        string.Join(", ", quarantined.violations.Select(violation => $"{violation.kind}: {violation.message}"));

    private IdentityRequest? ToRequest(Position at, ISpecificRecord? value) => value switch
    {
        LinkRequest link => new IdentityRequest(at.Offset, EventOf(link.validated), ToIds(link.identifiers), ToPosition(link.origin)),
        UnlinkRequest unlink => new IdentityRequest(at.Offset, null, ToIds(unlink.identifiers), default),
        _ => null,
    };

    private static Decision ToDecision(IdentityDecision decision) => new(
        decision.sequence, decision.kind, decision.profileId, ToIds(decision.identifiers).ToHashSet(), decision.merged.ToHashSet(),
        Exceeding(decision.dropped).Select(dropped => (new Id(dropped.type, dropped.value), dropped.reason)).ToHashSet(),
        decision.kind == "split" ? "" : decision.messageId, decision.request.offset, decision.into);

    private static Transfer ToTransfer(Position at, string to, ISpecificRecord value) => new(at, to, value switch
    {
        ProfileTransferred transferred => $"the state of {transferred.loserId}",
        EventForwarded forwarded => $"the event of {forwarded.origin.partition}@{forwarded.origin.offset}",
        AccountEvent account => $"the group call of {account.origin.partition}@{account.origin.offset}",
        _ => $"{value.Schema.Fullname} at {at}",
    });

    private static OutcomeRecord ToOutcome(Position at, Delivery delivery) => new(
        $"{Topics.Deliveries.Name} {at}", delivery.destinationId, delivery.profileId, delivery.messageId, ToKey(delivery.idempotencyKey),
        ToPosition(delivery.origin), ToPositionOrNull(delivery.redrivenFrom), delivery.outcome, delivery.status, delivery.attempts, "", "");

    private static OutcomeRecord ToOutcome(Position at, DeadDelivery dead) => new(
        $"{Topics.DeliveriesDead.Name} {at}", dead.destinationId, dead.profileId, dead.messageId, ToKey(dead.idempotencyKey),
        ToPosition(dead.origin), ToPositionOrNull(dead.redrivenFrom), "dead", dead.status ?? 0, dead.attempts, dead.reason, dead.request ?? "");

    private static UInt128 ToKey(string text) =>
        UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key) ? key : 0;

    private static Position? ToPositionOrNull(RecordPosition? position) => position is null ? null : ToPosition(position);

    private async Task<Dictionary<string, ProfileState>> ReadProfilesAsync()
    {
        var logged = new Dictionary<string, (Position At, Profile Profile)>();
        foreach (var (at, key, value) in log.Read(Topics.Profiles))
        {
            if (value is Profile { heldBy: null } profile) logged[key!] = (at, profile);
        }
        var generation = await installation.ProfileGenerationAsync(redis.GetDatabase());
        var states = new Dictionary<string, ProfileState>();
        foreach (var chunk in logged.Chunk(ChunkSize))
        {
            var values = await Task.WhenAll(
                chunk.Select(profile => redis.GetDatabase().StringGetAsync(_hot.Profile(profile.Value.At.Partition, profile.Key, generation))));
            foreach (var ((profileId, (at, profile)), value) in chunk.Zip(values))
            {
                states[profileId] = new ProfileState(at, profile, (byte[]?)value is { } bytes ? (Profile)codec.Decode(bytes) : null);
            }
        }
        return states;
    }

    private async Task<Dictionary<Id, string>> ReadRootsAsync(IEnumerable<Id> ids)
    {
        var roots = new Dictionary<Id, string>();
        foreach (var chunk in ids.Chunk(ChunkSize))
        {
            var values = await Task.WhenAll(chunk.Select(id => redis.GetDatabase().StringGetAsync(_hot.Root(id.ToRecord()))));
            foreach (var (id, value) in chunk.Zip(values))
            {
                if ((string?)value is { } text) roots[id] = text[(text.IndexOf(' ') + 1)..];
            }
        }
        return roots;
    }

    private DeadLetter ToDeadLetter(string? key, DeadRecord dead)
    {
        var origin = $"{dead.origin.topic} {dead.origin.partition}@{dead.origin.offset}";
        var bytes = Encoding.UTF8.GetByteCount(key ?? "") + codec.Encode(Topics.Dead, dead).Length;
        var hash = Convert.ToHexStringLower(dead.value is { } value ? SHA256.HashData(value) : dead.valueSha256 ?? []);
        return new DeadLetter(origin, dead.service, dead.error, bytes, string.Join(' ', dead.omitted), dead.value?.Length ?? dead.valueBytes ?? 0, hash);
    }

    private int EventOf(ValidatedEvent validated) => population.Find(validated.envelope);

    private static Position ToPosition(RecordPosition position) => new(position.partition, position.offset);

    private static Id[] ToIds(IEnumerable<Identifier> identifiers) => [.. identifiers.Select(Id.Of)];

    private static Id[] ToRefused(IEnumerable<DroppedIdentifier> dropped) => [.. Exceeding(dropped).Select(drop => new Id(drop.type, drop.value))];

    private static IEnumerable<DroppedIdentifier> Exceeding(IEnumerable<DroppedIdentifier> dropped) =>
        dropped.Where(drop => drop.reason is "limit" or "capped");
}
