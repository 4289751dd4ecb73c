using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Xunit;
using ErrorCode = Cdp.LocalKafka.Protocol.ErrorCode;

namespace Cdp.Streaming.Tests.Reading;

/// <summary>Reading partitions without a group, writing single records, and observing the progress of a group.</summary>
[Trait("tier", "integration")]
public sealed class PartitionReaderTests : IAsyncLifetime
{
    private const string Group = "g";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cdp-reading-");
    private LocalKafkaBroker _broker = null!;
    private KafkaOptions _kafka = null!;
    private TopicPartition _partition = null!;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.FullName }, cancel: Stopping);
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, TopicPrefix = "t.", Partitions = 2 };
        _partition = _kafka.PartitionOf(Topics.Profiles, 1);
        await TopicAdmin.EnsureAsync(_kafka, [Topics.Profiles]);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Next_RecordsOfCommittedAndAbortedTransactions_ReturnsCommittedOnesThenTheEnd()
    {
        using var producer = Transactional();
        Transact(producer, commits: true, "a", "b");
        Transact(producer, commits: false, "c");
        Transact(producer, commits: true, "d");

        using var reader = new PartitionReader(_kafka, "reader");
        reader.Start(_partition, 0);
        var keys = new List<string?>();
        while (reader.Next(Stopping) is { } record)
        {
            Assert.Equal(record.Offset.Value + 1, reader.Position);
            keys.Add(record.Message.Key);
        }
        Assert.Equal(["a", "b", "d"], keys);
        // The marker of the last transaction lies before the end.
        Assert.Equal(await Changelog.EndAsync(_kafka, Topics.Profiles, 1), reader.Position);
    }

    [Fact]
    public async Task ReadAsync_UntilAnOffset_HandsOverWhatIsCollectedInOrder()
    {
        using var writer = new RecordWriter(_kafka);
        for (var i = 0; i < 5; i++) await WriteAsync(writer, $"{i}");

        using var reader = new PartitionReader(_kafka, "reader");
        reader.Start(_partition, 1);
        var read = new List<string>();
        await reader.ReadAsync<string>(
            4,
            (record, batch) =>
            {
                if (record.Message.Key != "2") batch.Add(record.Message.Key!);
            },
            batch =>
            {
                read.AddRange(batch);
                return Task.CompletedTask;
            },
            Stopping);
        Assert.Equal(["1", "3"], read);
        Assert.Equal(4, reader.Position);
    }

    [Fact]
    public async Task OffsetAt_TimeBeforeAndAfterRecords_ReturnsFirstOrNull()
    {
        using var writer = new RecordWriter(_kafka);
        await WriteAsync(writer, "a");

        using var reader = new PartitionReader(_kafka, "reader");
        Assert.Equal(0, reader.OffsetAt(_partition, DateTime.UnixEpoch));
        Assert.Null(reader.OffsetAt(_partition, DateTime.UtcNow.AddDays(1)));
        Assert.Equal((0L, 1L), (reader.Range(_partition, Stopping).Low.Value, reader.Range(_partition, Stopping).High.Value));
    }

    [Fact]
    public void Next_MissingOffsetIsAnError_Throws()
    {
        using var reader = new PartitionReader(_kafka, "reader", AutoOffsetReset.Error);
        reader.Start(_partition, 5);
        Assert.ThrowsAny<KafkaException>(() => reader.Next(Stopping));
    }

    [Theory]
    [InlineData(ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    public async Task EndAsync_PartitionWithoutLeaderForAMoment_Waits(ErrorCode error)
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.ListOffsets, Topic = "t.profiles", Error = error, Times = 8 });
        Assert.Equal(0, await Changelog.EndAsync(_kafka, Topics.Profiles, 1));
        Assert.Equal(8, fault.Hits);
    }

    [Fact]
    public async Task EndAsync_OtherError_Throws()
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.ListOffsets, Topic = "t.profiles", Error = ErrorCode.TopicAuthorizationFailed });
        await Assert.ThrowsAsync<KafkaException>(() => Changelog.EndAsync(_kafka, Topics.Profiles, 1));
    }

    [Fact]
    public async Task Next_PartitionWithoutLeader_ThrowsAfterTimeout()
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Fetch, Topic = "t.profiles", Error = ErrorCode.NotLeaderOrFollower });
        using var reader = new PartitionReader(_kafka, "reader");
        reader.Start(new TopicPartition("t.profiles", 1), 0);
        var e = Assert.Throws<KafkaException>(() => reader.Next(TestContext.Current.CancellationToken, TimeSpan.FromSeconds(1)));
        Assert.Contains("t.profiles", e.Message, StringComparison.Ordinal);
        Assert.False(e.Error.IsFatal);
    }

    [Fact]
    public void Ends_OpenTransaction_CountsItsRecords()
    {
        using var producer = Transactional();
        producer.BeginTransaction();
        Produce(producer, "a");
        producer.Flush(Stopping);

        using var ends = new PartitionEnds(_kafka);
        using var reader = new PartitionReader(_kafka, "reader");
        Assert.Equal([0L, 1L], ends.Of(Topics.Profiles).OrderBy(end => end.Key.Partition.Value).Select(end => end.Value));
        Assert.Equal(0, reader.Range(_partition, Stopping).High.Value);
        producer.AbortTransaction();
    }

    [Fact]
    public void HasPassed_OnlyMarkersBehindTheCommittedOffset_IsTrue()
    {
        using var producer = Transactional();
        Transact(producer, commits: true, "a", "b");
        using var ends = new PartitionEnds(_kafka);
        using var progress = new GroupObserver(_kafka, Group);
        var all = ends.Of(Topics.Profiles);

        Assert.False(progress.HasPassed(all, Stopping));
        Commit(1);
        Assert.False(progress.HasPassed(all, Stopping));
        Commit(2);
        Assert.True(progress.HasPassed(all, Stopping));
    }

    [Fact]
    public void HasPassed_OpenTransactionBeforeTheEnd_IsFalseUntilItEnds()
    {
        using var producer = Transactional();
        Transact(producer, commits: true, "a");
        Commit(1);
        producer.BeginTransaction();
        Produce(producer, "b");
        producer.Flush(Stopping);
        using var ends = new PartitionEnds(_kafka);
        using var progress = new GroupObserver(_kafka, Group);
        var all = ends.Of(Topics.Profiles);

        Assert.False(progress.HasPassed(all, Stopping));
        producer.AbortTransaction();
        Assert.True(progress.HasPassed(all, Stopping));
    }

    [Fact]
    public async Task WriteAsync_BrokerUnavailable_ThrowsWithinTheTimeout()
    {
        var unreachable = _kafka with { BootstrapServers = "127.0.0.1:1" };
        using var writer = new RecordWriter(unreachable, TimeSpan.FromMilliseconds(500));
        var e = await Assert.ThrowsAnyAsync<KafkaException>(() => WriteAsync(writer, "a"));
        Assert.False(e.Error.IsFatal);
    }

    [Fact]
    public async Task WriteAsync_Disposed_Throws()
    {
        var writer = new RecordWriter(_kafka);
        await WriteAsync(writer, "a");
        writer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => WriteAsync(writer, "b"));
    }

    private Task<long> WriteAsync(RecordWriter writer, string key) =>
        writer.WriteAsync(_partition, new Message<byte[]?, byte[]> { Key = System.Text.Encoding.UTF8.GetBytes(key), Value = [] }, Stopping);

    private IProducer<string, byte[]> Transactional()
    {
        var config = _kafka.Producer();
        config.TransactionalId = "transactional";
        var producer = new ProducerBuilder<string, byte[]>(config).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        return producer;
    }

    private void Produce(IProducer<string, byte[]> producer, string key) => producer.Produce(_partition, new Message<string, byte[]> { Key = key, Value = [] });

    private void Transact(IProducer<string, byte[]> producer, bool commits, params string[] keys)
    {
        producer.BeginTransaction();
        foreach (var key in keys) Produce(producer, key);
        // An abort would otherwise discard what is not sent yet.
        producer.Flush(Stopping);
        if (commits) producer.CommitTransaction();
        else producer.AbortTransaction();
    }

    // Commits the offset of the partition and that of the empty partition.
    private void Commit(long offset)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(_kafka.Consumer(Group)).Build();
        consumer.Commit([new TopicPartitionOffset(_partition, offset), new TopicPartitionOffset(_kafka.PartitionOf(Topics.Profiles, 0), 0)]);
    }
}
