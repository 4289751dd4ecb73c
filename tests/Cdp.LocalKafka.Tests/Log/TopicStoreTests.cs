using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Log;

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
    public void Grow_KeepsWhatIsThere_AndSurvivesARestart()
    {
        var (id, before) = (Topic.Id, Topic);
        Topic.Partition(0)!.Stored(Batches.Plain());

        Assert.True(_store.Grow("t", 3));
        Assert.Single(before.Partitions);
        Topic.Partition(2)!.Stored(Batches.Plain(count: 2));
        Reopen();

        Assert.Equal(id, Topic.Id);
        Assert.Same(Topic, _store.Find(id));
        Assert.Equal([1L, 0L, 2L], Topic.Partitions.Select(partition => partition.HighWatermark));
        Assert.Equal("1000", Topic.Configs["retention.ms"]);
    }

    [Fact]
    public void Grow_CrashBetweenFileAndLogs_TheLogsAreMadeAtTheNextStart()
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
    public void Grow_ThatIsNoGrowth_ChangesNothing(string name, int count)
    {
        Assert.False(_store.Grow(name, count));
        Assert.Single(Topic.Partitions);
    }

    [Fact]
    public void Configure_AppliesToOpenLogs_AndSurvivesARestart()
    {
        Topic.Partition(0)!.Stored(Batches.Plain(valueBytes: 500));
        _store.Configure("t", configs => new(new Dictionary<string, string>(configs) { ["max.message.bytes"] = "400" }, StringComparer.Ordinal));
        Assert.Equal(ErrorCode.MessageTooLarge, Topic.Partition(0)!.Append(Batches.Plain(valueBytes: 500)).ErrorCode);

        Reopen();
        Assert.Equal(("400", "1000"), (Topic.Configs["max.message.bytes"], Topic.Configs["retention.ms"]));
        Assert.Equal(ErrorCode.MessageTooLarge, Topic.Partition(0)!.Append(Batches.Plain(valueBytes: 500)).ErrorCode);

        _store.Configure("t", _ => []);
        Topic.Partition(0)!.Stored(Batches.Plain(valueBytes: 500));
        Assert.Empty(Topic.Configs);
    }

    [Fact]
    public void Configure_ToNull_ChangesNothing()
    {
        _store.Configure("t", _ => null);
        Assert.Equal("1000", Topic.Configs["retention.ms"]);
    }

    [Fact]
    public async Task Configure_FromManySides_LosesNoChange()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => _store.Configure("t", configs => new(new Dictionary<string, string>(configs) { [$"config-{i}"] = "1" }, StringComparer.Ordinal)),
            TestContext.Current.CancellationToken)));
        Assert.Equal(21, Topic.Configs.Count);
    }

    /// <summary>What cannot be written down is not done: the topic would be back at the next start.</summary>
    [Fact]
    public void Delete_FileCannotBeWritten_LeavesTheTopicInUse()
    {
        Topic.Partition(0)!.Stored(Batches.Plain());
        var obstacle = Directory.CreateDirectory(Path.Combine(_directory.Path, "topics.json.next"));
        Assert.ThrowsAny<Exception>(() => _store.Delete("t"));
        obstacle.Delete();

        Assert.Same(Topic, _store.Find(Topic.Id));
        Assert.Equal(1, Topic.Partition(0)!.Stored(Batches.Plain()));
        Assert.True(_store.Delete("t"));
        _store.Create("t", 1, new Dictionary<string, string>());
        Assert.Equal(0, Topic.Partition(0)!.HighWatermark);
    }

    [Fact]
    public void Create_WhereADeletionLeftFiles_BeginsEmpty()
    {
        _store.Grow("t", 3);
        foreach (var partition in Topic.Partitions) partition.Stored(Batches.Plain());
        var (left, kept) = (Path.Combine(_directory.Path, "logs", "t-1"), Path.Combine(_directory.Path, "kept"));
        Directory.Move(left, kept);
        Assert.True(_store.Delete("t"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "logs"), "t-*"));
        Directory.Move(kept, left);

        _store.Create("t", 1, new Dictionary<string, string>());
        _store.Grow("t", 2);
        Assert.Equal([0L, 0L], Topic.Partitions.Select(partition => partition.HighWatermark));
    }

    /// <summary>A request that a killed broker still carries out must not touch the directory of the next one.</summary>
    [Fact]
    public void Close_LaterChanges_AreRefused()
    {
        _store.Close(flush: false);
        Assert.Throws<ObjectDisposedException>(() => _store.Create("new", 1, new Dictionary<string, string>()));
        Assert.Throws<ObjectDisposedException>(() => _store.Grow("t", 2));
        Assert.Throws<ObjectDisposedException>(() => _store.Configure("t", _ => []));
        Assert.Throws<ObjectDisposedException>(() => _store.Delete("t"));
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        Assert.Equal("1000", Topic.Configs["retention.ms"]);
    }

    private void Reopen()
    {
        _store.Close(flush: false);
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
    }
}
