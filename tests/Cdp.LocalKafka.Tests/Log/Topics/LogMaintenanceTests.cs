using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Topics;

/// <summary>The timer that maintains all logs, on its own clock.</summary>
public sealed class LogMaintenanceTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private readonly LogLines _lines = new();
    private readonly TopicStore _topics;
    private readonly LogMaintenance _maintenance;

    public LogMaintenanceTests()
    {
        _topics = TopicStore.Open(_directory.Path, _time);
        _maintenance = new LogMaintenance(_topics, _time, Interval, _lines);
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        _topics.Close(flush: false);
        _directory.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public void MaintainAll_ExpiredRecords_AreDeletedInEveryPartition()
    {
        var topic = Create("t", partitions: 2, ("retention.ms", "60000"));
        foreach (var log in topic.Partitions) log.MustAppend(SampleBatches.Plain(timestamp: Now));

        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.All(topic.Partitions, log => Assert.Equal(0, log.StartOffset));
        _time.Advance(Interval);
        Assert.All(topic.Partitions, log => Assert.Equal((1, 1), (log.StartOffset, log.HighWatermark)));
    }

    [Fact]
    public void MaintainAll_ChangedConfigs_AreApplied()
    {
        var log = Create("t").Partitions[0];
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);

        log.Configure(TopicConfig.Settings(new Dictionary<string, string> { ["retention.ms"] = "1000" }, _time, flushEveryAppend: false));
        _time.Advance(Interval);
        Assert.Equal(1, log.StartOffset);
    }

    [Fact]
    public void MaintainAll_CompactedTopic_KeepsItsRecords()
    {
        var log = Create("t", 1, ("cleanup.policy", "compact"), ("retention.ms", "1000"), ("retention.bytes", "0")).Partitions[0];
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void MaintainAll_FlushMsShorterThanTheInterval_RunsEarlier()
    {
        var log = Create("t", 1, ("flush.ms", "2000")).Partitions[0];
        _time.Advance(Interval); // the pass after a topic's creation is the first to notice the topic
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, log.Unflushed);
    }

    [Fact]
    public void MaintainAll_GrownLog_IsCheckpointed()
    {
        var log = Create("t").Partitions[0];
        var checkpoint = Path.Combine(_directory.Path, "logs", "t-0", "checkpoint");
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        _time.Advance(Interval);
        Assert.False(File.Exists(checkpoint));

        for (var i = 0; i < 6; i++) log.MustAppend(SampleBatches.Plain(valueBytes: 1_000_000, timestamp: Now));
        _time.Advance(Interval);
        Assert.True(File.Exists(checkpoint));
    }

    [Fact]
    public void MaintainAll_OneLogFails_IsLoggedAndOthersAreMaintained()
    {
        var bad = Create("a", 1, ("retention.ms", "1000")).Partitions[0];
        var good = Create("b", 1, ("retention.ms", "1000")).Partitions[0];
        foreach (var log in (PartitionLog[])[bad, good]) log.MustAppend(SampleBatches.Plain(timestamp: Now));
        Directory.Delete(Path.Combine(_directory.Path, "logs", "a-0"), recursive: true);

        _time.Advance(Interval);
        Assert.Equal(1, good.StartOffset);
        Assert.Contains("a-0", Assert.Single(_lines.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_TimeAdvances_NothingIsDone()
    {
        var log = Create("t", 1, ("retention.ms", "1000")).Partitions[0];
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        await _maintenance.DisposeAsync();
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private Topic Create(string name, int partitions = 1, params (string Name, string Value)[] configs) =>
        _topics.Create(name, partitions, configs.ToDictionary(config => config.Name, config => config.Value)).Topic!;
}
