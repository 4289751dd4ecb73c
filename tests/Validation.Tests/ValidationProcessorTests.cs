using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Plans;
using Cdp.Validation.Tests.Duplicates;

namespace Cdp.Validation.Tests;

public sealed class ValidationProcessorTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private readonly AvroCodec _codec = new(Registry.New(), "cdp.");
    private readonly string _prefix = $"{Guid.NewGuid():n}:";

    [Fact]
    public async Task Decide_Batch_SendsEachEventOnceToWhereItBelongsInItsOwnPartition()
    {
        var processor = Processor("{id: shop, version: 2, sources: web, on_violation: {default: block, additionalProperties: omit}, events: {A: {required: [a], additionalProperties: false, properties: {a: {}}}}}");
        await processor.AssignedAsync([], TestContext.Current.CancellationToken);
        await ClaimedUpToAsync(9);
        Incoming[] batch = [At(10, "m1", """{"a":1,"b":2}"""), At(11, "m2", "{}"), At(12, "m1", """{"a":1,"b":2}""")];

        var outbox = await Run(processor, batch);

        Assert.Equal([(Topics.EventsValidated, "key", 5), (Topics.EventsQuarantined, "key", 5)], outbox.Records.Select(record => (record.Topic, record.Key!, record.Partition!.Value)));
        var validated = (ValidatedEvent)outbox.Records[0].Value;
        Assert.Equal(("""{"a":1}""", "shop", 2, "omit"), (validated.envelope.properties, validated.planId, validated.planVersion!.Value, Assert.Single(validated.violations).action));
        var quarantined = (QuarantinedEvent)outbox.Records[1].Value;
        Assert.Equal(("avro", "m2", 11L, "required"), (quarantined.encoding, quarantined.messageId, quarantined.origin!.offset, Assert.Single(quarantined.violations).kind));
        Assert.Equal("m2", ((CollectedEvent)_codec.Decode(quarantined.original)).envelope.messageId);
    }

    [Fact]
    public async Task Decide_BatchReadAgainAfterAnAbort_DecidesTheSame()
    {
        var processor = Processor("{id: shop, sources: other, events: {A: {}}}");
        Incoming[] batch = [At(1, "m1", "{}"), At(2, "m2", "{}"), At(3, "m1", "{}")];
        await ClaimedUpToAsync(0);
        await Run(processor, batch);
        Assert.Equal(["m1", "m2"], (await Run(Processor("{id: shop, sources: other, events: {A: {}}}"), batch)).Records.Select(record => ((ValidatedEvent)record.Value).envelope.messageId));
    }

    private ValidationProcessor Processor(string plan)
    {
        using var folder = new PlanText(plan);
        var claims = new Claims(redis.Connection, _prefix, TimeSpan.FromHours(24));
        return new ValidationProcessor(folder.Read().Plans, claims, new LostClaims(new KafkaOptions(), _codec, claims), _codec);
    }

    // What came before the batch is in Redis, so that nothing is read from a log.
    private Task ClaimedUpToAsync(long offset) => new Claims(redis.Connection, _prefix, TimeSpan.FromHours(24)).MoveAsync(5, offset);

    private static async Task<Outbox> Run(ValidationProcessor processor, Incoming[] batch)
    {
        var outbox = new Outbox();
        var view = await processor.ReadAsync(batch, TestContext.Current.CancellationToken);
        foreach (var record in batch) processor.Decide(view, record, Events.Noon, outbox);
        return outbox;
    }

    private static Incoming At(long offset, string messageId, string properties) =>
        new(Topics.EventsCollected, new RecordPosition { topic = "cdp.events.collected", partition = 5, offset = offset }, "key", new CollectedEvent { envelope = Events.Track("A", properties, messageId) }, Events.Noon, null);
}
