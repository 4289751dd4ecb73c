using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Topics;

public sealed class TopicStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private TopicStore _store;

    public TopicStoreTests()
    {
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        _store.Create("t", 1, new Dictionary<string, string> { ["retention.ms"] = "1000" });
    }

    public void Dispose()
    {
        _store.Close(flush: false);
        _directory.Dispose();
    }

    private Topic Topic => _store.Find("t")!;

    [Fact]
    public void Grow_MorePartitions_KeepsRecordsAndSurvivesARestart()
    {
        var (id, before) = (Topic.Id, Topic);
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain());

        Assert.True(_store.Grow("t", 3));
        Assert.Single(before.Partitions);
        Topic.Partition(2)!.MustAppend(SampleBatches.Plain(count: 2));
        Reopen();

        Assert.Equal(id, Topic.Id);
        Assert.Same(Topic, _store.Find(id));
        Assert.Equal([1L, 0L, 2L], Topic.Partitions.Select(partition => partition.HighWatermark));
        Assert.Equal("1000", Topic.Configs["retention.ms"]);
    }

    [Fact]
    public void Grow_CrashBetweenFileAndLogs_CreatesTheLogsAtTheNextStart()
    {
        _store.Grow("t", 2);
        _store.Close(flush: false);
        Directory.Delete(Path.Combine(_directory.Path, "logs", "t-1"), recursive: true);
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        Assert.Equal([0L, 0L], Topic.Partitions.Select(partition => partition.HighWatermark));
    }

    [Theory]
    [InlineData("t", 1)]
    [InlineData("t", 0)]
    [InlineData("absent", 2)]
    public void Grow_NoIncrease_ChangesNothing(string name, int count)
    {
        Assert.False(_store.Grow(name, count));
        Assert.Single(Topic.Partitions);
    }

    [Fact]
    public void Configure_NewConfigs_ApplyToOpenLogsAndSurviveARestart()
    {
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain(valueBytes: 500));
        _store.Configure("t", configs => new(new Dictionary<string, string>(configs) { ["max.message.bytes"] = "400" }, StringComparer.Ordinal));
        Assert.Equal(ErrorCode.MessageTooLarge, Topic.Partition(0)!.Append(SampleBatches.Plain(valueBytes: 500)).ErrorCode);

        Reopen();
        Assert.Equal(("400", "1000"), (Topic.Configs["max.message.bytes"], Topic.Configs["retention.ms"]));
        Assert.Equal(ErrorCode.MessageTooLarge, Topic.Partition(0)!.Append(SampleBatches.Plain(valueBytes: 500)).ErrorCode);

        _store.Configure("t", _ => []);
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain(valueBytes: 500));
        Assert.Empty(Topic.Configs);
    }

    [Fact]
    public void Configure_NullResult_ChangesNothing()
    {
        _store.Configure("t", _ => null);
        Assert.Equal("1000", Topic.Configs["retention.ms"]);
    }

    [Fact]
    public async Task Configure_Concurrently_LosesNoChange()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => _store.Configure("t", configs => new(new Dictionary<string, string>(configs) { [$"config-{i}"] = "1" }, StringComparer.Ordinal)),
            TestContext.Current.CancellationToken)));
        Assert.Equal(21, Topic.Configs.Count);
    }

    [Fact]
    public void Create_LogCannotBeCreated_LeavesNothingOfTheTopic()
    {
        var inTheWay = Path.Combine(_directory.Path, "logs", "u-1");
        File.WriteAllText(inTheWay, "");
        Assert.ThrowsAny<IOException>(() => _store.Create("u", 2, new Dictionary<string, string>()));
        Assert.Null(_store.Find("u"));
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "logs", "u-0")));

        File.Delete(inTheWay);
        Reopen();
        Assert.Null(_store.Find("u"));
        Assert.Equal(2, _store.Create("u", 2, new Dictionary<string, string>()).Topic!.Partitions.Count);
    }

    [Fact]
    public void Grow_LogCannotBeCreated_LeavesTheTopicUnchanged()
    {
        var inTheWay = Path.Combine(_directory.Path, "logs", "t-2");
        File.WriteAllText(inTheWay, "");
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain());
        Assert.ThrowsAny<IOException>(() => _store.Grow("t", 3));
        Assert.Single(Topic.Partitions);

        File.Delete(inTheWay);
        Reopen();
        Assert.Equal([1L], Topic.Partitions.Select(partition => partition.HighWatermark));
    }

    [Fact]
    public void Create_FilesLeftByADeletion_StartsEmpty()
    {
        _store.Grow("t", 3);
        foreach (var partition in Topic.Partitions) partition.MustAppend(SampleBatches.Plain());
        var (left, kept) = (Path.Combine(_directory.Path, "logs", "t-1"), Path.Combine(_directory.Path, "kept"));
        Directory.Move(left, kept);
        Assert.True(_store.Delete("t"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "logs"), "t-*"));
        Directory.Move(kept, left);

        _store.Create("t", 1, new Dictionary<string, string>());
        _store.Grow("t", 2);
        Assert.Equal([0L, 0L], Topic.Partitions.Select(partition => partition.HighWatermark));
    }

    [Fact]
    public void Changes_FileCannotBeWritten_ChangeNothing()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "topics.json.next"));
        Assert.ThrowsAny<Exception>(() => _store.Delete("t"));
        Assert.ThrowsAny<Exception>(() => _store.Grow("t", 2));
        Assert.ThrowsAny<Exception>(() => _store.Create("u", 1, new Dictionary<string, string>()));
        Assert.ThrowsAny<Exception>(() => _store.Configure("t", _ => []));

        Assert.Null(_store.Find("u"));
        Assert.Equal(("1000", 1), (Topic.Configs["retention.ms"], Topic.Partitions.Count));
        Assert.Equal(0, Topic.Partition(0)!.MustAppend(SampleBatches.Plain()));
        Assert.Equal(
            ["__consumer_offsets-0", "__transaction_state-0", "t-0"],
            Directory.GetDirectories(Path.Combine(_directory.Path, "logs")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // A request that was running when the broker was killed must not overwrite the files of the next broker.
    [Fact]
    public void Changes_AfterClose_AreRefused()
    {
        var ended = _store;
        Reopen();
        Assert.Throws<ObjectDisposedException>(() => ended.Create("u", 1, new Dictionary<string, string>()));
        Assert.Throws<ObjectDisposedException>(() => ended.Grow("t", 2));
        Assert.Throws<ObjectDisposedException>(() => ended.Configure("t", _ => []));
        Assert.Throws<ObjectDisposedException>(() => ended.Delete("t"));

        Topic.Partition(0)!.MustAppend(SampleBatches.Plain());
        Reopen();
        Assert.Equal(("1000", 1L), (Topic.Configs["retention.ms"], Topic.Partition(0)!.HighWatermark));
    }

    private void Reopen()
    {
        _store.Close(flush: false);
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
    }
}
