using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Topics;

/// <summary>
/// What a compacted topic promises: the last value of each key is kept, tombstones are eventually removed, offsets never change, and
/// aborted records stay hidden. When cleaning happens is up to the broker; Kafka's cleaner checks every 15 s and needs two passes for a tombstone (KIP-534).
/// </summary>
[Trait("tier", "integration")]
public sealed class CompactionTests(KafkaFixture kafka)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Lz4)]
    public async Task Cleaning_SupersededRecordsAndTombstones_AreRemoved(CompressionType codec)
    {
        var topic = await Compacted();
        using var producer = Client.Producer(kafka.Bootstrap, config => (config.CompressionType, config.EnableIdempotence) = (codec, true));
        var written = new SortedDictionary<long, (string? Key, string? Value, long Time)>();
        async Task Write(string key, string? value)
        {
            var delivered = await producer.Send(topic, Client.Message(value, key));
            written[delivered.Offset.Value] = (key, value, delivered.Timestamp.UnixTimestampMs);
        }

        for (var round = 0; round < 10; round++)
            foreach (var key in (string[])["a", "b", "gone"]) await Write(key, $"{key} {round} {new string('x', 200)}");
        await Write("gone", null);
        await Aborted(topic, "a", "never");

        var fillers = 0;
        await Wait.Until(async () =>
        {
            await Write("filler", $"{fillers++}");
            var read = Reading.ReadAll(kafka.Bootstrap, topic);
            AssertFaithful(read, written);
            return Count(read, "a") == 1 && Count(read, "b") == 1 && Count(read, "gone") == 0;
        }, "superseded records and the tombstone are cleaned away", Bound);
    }

    [Fact]
    public async Task Produce_RecordWithoutKey_IsRefused()
    {
        var topic = await Compacted();
        using var producer = Client.Producer(kafka.Bootstrap, config => config.EnableIdempotence = false);
        var refused = await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => producer.Send(topic, Client.Message("x")));
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.InvalidRecord, ErrorCode.InvalidMsg });
        await producer.Send(topic, Client.Message("x", ""));
        Assert.Equal(["x"], Reading.Values(kafka.Bootstrap, topic));
    }

    private Task<string> Compacted() => kafka.Topic(1,
        ("cleanup.policy", "compact"), ("segment.ms", "500"), ("min.cleanable.dirty.ratio", "0.01"),
        ("delete.retention.ms", "100"), ("min.compaction.lag.ms", "0"));

    private async Task Aborted(string topic, string key, string value)
    {
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message(value, key));
        producer.AbortTransaction(Client.Limit);
        await Reading.Committed(kafka.Bootstrap, topic);
    }

    // Each record is read as it was written, at its offset and in order. The last record of each key is among them unless it was a tombstone.
    private static void AssertFaithful(List<ConsumeResult<string?, string?>> read, SortedDictionary<long, (string? Key, string? Value, long Time)> written)
    {
        Assert.Equal(read.Select(record => record.Offset.Value).Distinct().Order(), read.Select(record => record.Offset.Value));
        foreach (var record in read)
            Assert.Equal(written[record.Offset.Value], (record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs));
        var there = read.Select(record => record.Offset.Value).ToHashSet();
        foreach (var last in written.GroupBy(record => record.Value.Key).Select(key => key.Last()))
            Assert.True(there.Contains(last.Key) || last.Value.Value is null, $"the last record of {last.Value.Key}, at {last.Key}, is gone");
    }

    private static int Count(List<ConsumeResult<string?, string?>> read, string key) => read.Count(record => record.Message.Key == key);
}
