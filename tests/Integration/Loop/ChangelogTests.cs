using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>A changelog is read up to the end of the partition at the call, whether its last transaction commits or aborts.</summary>
public sealed class ChangelogTests(TestStack stack)
{
    [Fact]
    public async Task ReadAsync_CommittedAndAbortedTransactions_HandsOverCommittedRecordsAndPassesMarkers()
    {
        await using var cluster = await stack.ClusterAsync();
        using var writer = await Writer.CreateAsync(cluster);
        writer.Transaction(["a", "b"], commit: true);
        writer.Transaction(["aborted"], commit: false);
        writer.Transaction(["c"], commit: true);
        writer.Transaction(["aborted too"], commit: false);

        var (position, ids) = await writer.ReadAsync(0);
        Assert.Equal(["a", "b", "c"], ids);
        Assert.Equal(writer.HighWatermark, position);
        Assert.Empty((await writer.ReadAsync(position)).Ids);
    }

    [Fact]
    public async Task ReadAsync_OpenTransaction_ReturnsOnlyAfterItEnds()
    {
        await using var cluster = await stack.ClusterAsync();
        using var writer = await Writer.CreateAsync(cluster);
        writer.Transaction(["a"], commit: true);
        writer.Begin(["b"]);

        var read = writer.ReadAsync(0);
        writer.Commit();
        Assert.Equal(["a", "b"], (await read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Ids);
    }

    private sealed class Writer : IDisposable
    {
        private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);
        private readonly Cluster _cluster;
        private readonly IProducer<string, byte[]> _producer;
        private readonly AvroCodec _codec;
        private readonly TopicPartition _target;

        private Writer(Cluster cluster)
        {
            _cluster = cluster;
            _codec = new AvroCodec(cluster.Kafka.Registry(), cluster.Prefix);
            _target = new TopicPartition(cluster.Prefix + Topics.Profiles.Name, 0);
            var config = cluster.Kafka.Producer();
            config.TransactionalId = cluster.Prefix + "writer";
            _producer = new ProducerBuilder<string, byte[]>(config).Build();
            _producer.InitTransactions(Bound);
        }

        public long HighWatermark
        {
            get
            {
                using var consumer = new ConsumerBuilder<byte[], byte[]>(_cluster.Kafka.Consumer("watermark")).Build();
                return consumer.QueryWatermarkOffsets(_target, Bound).High.Value;
            }
        }

        public static async Task<Writer> CreateAsync(Cluster cluster)
        {
            await TopicAdmin.EnsureAsync(cluster.Kafka, [Topics.Profiles]);
            return new Writer(cluster);
        }

        public void Transaction(string[] ids, bool commit)
        {
            Begin(ids);
            if (commit) Commit();
            else _producer.AbortTransaction(Bound);
        }

        public void Begin(string[] ids)
        {
            _producer.BeginTransaction();
            foreach (var id in ids) _producer.Produce(_target, new Message<string, byte[]> { Key = id, Value = _codec.Encode(Topics.Profiles, Empty(id)) });
            _producer.Flush(Bound);
        }

        public void Commit() => _producer.CommitTransaction(Bound);

        public async Task<(long Position, List<string> Ids)> ReadAsync(long from)
        {
            var ids = new List<string>();
            var position = await Changelog.ReadAsync(_cluster.Kafka, _codec, Topics.Profiles, 0, from, changes =>
            {
                ids.AddRange(changes.Select(change => ((Profile)change.Value!).profileId));
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
            return (position, ids);
        }

        public void Dispose() => _producer.Dispose();

        private static Profile Empty(string id) => new()
        {
            profileId = id,
            identifiers = [],
            traits = new Dictionary<string, Trait>(),
            counts = new Dictionary<string, EventCount>(),
            absorbed = [],
            reflects = [],
        };
    }
}
