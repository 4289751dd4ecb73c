using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Transactions;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>Both coordinators, on a data directory and a clock that survive their crashes.</summary>
internal sealed class CoordinatorHarness : IAsyncDisposable
{
    public const string Id = "tx";
    public const int TimeoutMs = 60_000;
    public static readonly TopicPartition Offsets = new(TopicStore.OffsetsTopic, 0);
    public static readonly TopicPartition A0 = new("a", 0);
    public static readonly TopicPartition A1 = new("a", 1);

    private readonly TempDirectory _directory = new();

    public CoordinatorHarness()
    {
        Open();
        Topics.Create("a", 2, new Dictionary<string, string>());
    }

    public FakeTime Time { get; } = new();

    /// <summary>What the broker has logged, across all restarts.</summary>
    public LogLines Lines { get; } = new();
    public TopicStore Topics { get; private set; } = null!;
    public GroupCoordinator Groups { get; private set; } = null!;
    public TransactionCoordinator Transactions { get; private set; } = null!;

    public TransactionAdminApis Admin => Transactions.Admin;

    public string DirectoryOf(TopicPartition partition) => Path.Combine(_directory.Path, "logs", $"{partition.Topic}-{partition.Partition}");

    public PartitionLog Log(TopicPartition partition) => Topics.Find(partition.Topic)!.Partitions[partition.Partition];

    /// <summary>Stops the coordinators without notifying clients, and starts them again on the same files.</summary>
    public async Task Crash(Action? whileDown = null)
    {
        await Close();
        if (whileDown is not null)
        {
            Topics = TopicStore.Open(_directory.Path, Time);
            whileDown();
            Topics.Close(flush: false);
        }
        Open();
    }

    /// <summary>A producer of the transactional id.</summary>
    public (long Id, short Epoch) Producer((long, short)? expected = null)
    {
        var (error, id, epoch) = Transactions.Initialise(Id, TimeoutMs, expected);
        Assert.Equal(ErrorCode.None, error);
        return (id, epoch);
    }

    /// <summary>A producer whose transaction has a record in each of the partitions.</summary>
    public (long Id, short Epoch) Ongoing(params TopicPartition[] partitions)
    {
        var producer = Producer();
        Begin(producer, partitions);
        return producer;
    }

    public void Begin((long Id, short Epoch) producer, params TopicPartition[] partitions)
    {
        Assert.Equal(ErrorCode.None, Add(producer, partitions));
        foreach (var partition in partitions.Where(p => p != Offsets)) Write(producer, partition);
    }

    public void Write((long Id, short Epoch) producer, TopicPartition partition) =>
        Log(partition).AppendRecords([(null, "v"u8.ToArray())], producer.Id, producer.Epoch, transactional: true);

    public ErrorCode Add((long Id, short Epoch) producer, params TopicPartition[] partitions) =>
        Transactions.AddPartitions(Id, producer.Id, producer.Epoch, partitions);

    public ErrorCode End((long Id, short Epoch) producer, bool commit) => Transactions.End(Id, producer.Id, producer.Epoch, commit);

    public ErrorCode CommitOffset(
        (long Id, short Epoch) producer, long offset, int generation = -1, string member = "", string? instance = null, string group = "g") =>
        Transactions.CommitOffsets(
            new TxnOffsetCommitRequest
            {
                TransactionalId = Id,
                GroupId = group,
                ProducerId = producer.Id,
                ProducerEpoch = producer.Epoch,
                GenerationId = generation,
                MemberId = member,
                GroupInstanceId = instance,
                Topics = [new TxnOffsetCommitTopic { Name = "a", Partitions = [new TxnOffsetCommitPartition { CommittedOffset = offset }] }],
            },
            ErrorCode.TransactionAbortable)[0].Partitions![0].ErrorCode;

    /// <summary>The offset that a consumer of the group starts from on partition 0 of topic a.</summary>
    public (ErrorCode Error, long Offset) Fetch(bool requireStable = true, string group = "g")
    {
        var topics = new List<OffsetFetchTopic> { new() { Name = "a", PartitionIndexes = [0] } };
        var fetched = Groups.Offsets.Fetch(new OffsetFetchRequest { GroupId = group, RequireStable = requireStable, Topics = topics }, 7);
        var partition = fetched.Topics![0].Partitions![0];
        return (partition.ErrorCode, partition.CommittedOffset);
    }

    /// <summary>The markers in a partition: their epoch, and whether they commit.</summary>
    public List<(short Epoch, bool Commit)> Markers(TopicPartition partition) =>
        [.. Log(partition).Records(0).Where(r => r.IsControl).Select(r => (r.ProducerEpoch, r.IsCommit))];

    public async ValueTask DisposeAsync()
    {
        await Close();
        _directory.Dispose();
    }

    private void Open()
    {
        Topics = TopicStore.Open(_directory.Path, Time);
        Groups = new GroupCoordinator(Topics, Time, new GroupOptions(), new BrokerNode("localhost", 9092, Topics.ClusterId));
        Transactions = new TransactionCoordinator(Topics, Groups, Time, new TransactionOptions(), Lines);
    }

    private async Task Close()
    {
        await Transactions.DisposeAsync();
        await Groups.DisposeAsync();
        Topics.Close(flush: false);
    }
}
