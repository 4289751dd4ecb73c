using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Tests.Duplicates;
using Cdp.Validation.Tests.Plans;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Validation.Tests;

[Trait("tier", "integration")]
public sealed class ValidationProcessorTests(RedisFixture redis, CollectedLogFixture log) : IClassFixture<RedisFixture>, IClassFixture<CollectedLogFixture>
{
    private readonly AvroCodec _codec = new(Registry.New(), "cdp.");
    private readonly string _prefix = $"{Guid.NewGuid():n}:";

    [Fact]
    public async Task Decide_Batch_WritesEachEventOnceToItsTopicInItsPartition()
    {
        const string schema = "{required: [a], additionalProperties: false, properties: {a: {}}}";
        const string actions = "{default: block, additionalProperties: omit}";
        var processor = Processor($"{{id: shop, version: 2, sources: web, on_violation: {actions}, events: {{A: {schema}}}}}");
        await processor.AssignedAsync([], TestContext.Current.CancellationToken);
        await ClaimedUpToAsync(9);
        Incoming[] batch = [At(10, "m1", """{"a":1,"b":2}"""), At(11, "m2", "{}"), At(12, "m1", """{"a":1,"b":2}""")];

        var outbox = await Run(processor, batch);

        Assert.Equal(
            [(Topics.EventsValidated, "key", 5), (Topics.EventsQuarantined, "key", 5)],
            outbox.Records.Select(record => (record.Topic, record.Key!, record.Partition!.Value)));
        var validated = (ValidatedEvent)outbox.Records[0].Value;
        Assert.Equal(("""{"a":1}""", "shop", 2), (validated.envelope.properties, validated.planId, validated.planVersion!.Value));
        Assert.Equal("omit", Assert.Single(validated.violations).action);
        var quarantined = (QuarantinedEvent)outbox.Records[1].Value;
        Assert.Equal(("avro", "m2", 11L), (quarantined.encoding, quarantined.messageId, quarantined.origin!.offset));
        Assert.Equal("required", Assert.Single(quarantined.violations).kind);
        Assert.Equal("m2", ((CollectedEvent)_codec.Decode(quarantined.original)).envelope.messageId);
    }

    [Fact]
    public async Task Decide_BatchReadAgainAfterAnAbort_HasTheSameResult()
    {
        var processor = Processor("{id: shop, sources: other, events: {A: {}}}");
        Incoming[] batch = [At(1, "m1", "{}"), At(2, "m2", "{}"), At(3, "m1", "{}")];
        var again = Processor("{id: shop, sources: other, events: {A: {}}}");
        await processor.AssignedAsync([], TestContext.Current.CancellationToken);
        await again.AssignedAsync([], TestContext.Current.CancellationToken);
        await ClaimedUpToAsync(0);
        await Run(processor, batch);
        Assert.Equal(["m1", "m2"], (await Run(again, batch)).Records.Select(record => ((ValidatedEvent)record.Value).envelope.messageId));
    }

    private ValidationProcessor Processor(string plan)
    {
        using var folder = new PlanText(plan);
        var duplicates = new DuplicateFilter(Claims, new CollectedLog(log.Kafka, _codec), NullLogger<DuplicateFilter>.Instance);
        return new ValidationProcessor(folder.Read().Plans, duplicates, _codec);
    }

    private Claims Claims => new(redis.Connection, _prefix, TimeSpan.FromHours(24));

    // Redis has the claims of everything before the batch, and none of them in the batch's slots, so that nothing is restored from a log.
    private async Task ClaimedUpToAsync(long offset)
    {
        var claims = Claims;
        claims.UseLog(await new CollectedLog(log.Kafka, _codec).IdAsync());
        await claims.SaveAsync(5, null, new ClaimState(offset, claims.Keys.SlotOf(Events.Noon) - 2, "g", claims.Window), []);
    }

    private static async Task<Outbox> Run(ValidationProcessor processor, Incoming[] batch)
    {
        var outbox = new Outbox();
        var view = await processor.PrepareAsync(batch, TestContext.Current.CancellationToken);
        foreach (var record in batch) processor.Decide(view, record, Events.Noon, outbox);
        return outbox;
    }

    private static Incoming At(long offset, string messageId, string properties)
    {
        var position = new RecordPosition { topic = "cdp.events.collected", partition = 5, offset = offset };
        var collected = new CollectedEvent { envelope = Events.Track("A", properties, messageId) };
        return new(Topics.EventsCollected, position, "key", collected, Events.Noon, null);
    }
}
