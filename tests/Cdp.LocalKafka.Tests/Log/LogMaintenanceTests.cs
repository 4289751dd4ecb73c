using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Tests.Server;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>The timer that looks after all logs, on a clock of its own.</summary>
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
    public void Round_RecordsExpired_AreGoneInEveryPartition()
    {
        var topic = Create("t", partitions: 2, ("retention.ms", "60000"));
        foreach (var log in topic.Partitions) log.Stored(Batches.Plain(timestamp: Now));

        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.All(topic.Partitions, log => Assert.Equal(0, log.StartOffset));
        _time.Advance(Interval);
        Assert.All(topic.Partitions, log => Assert.Equal((1, 1), (log.StartOffset, log.HighWatermark)));
    }

    [Fact]
    public void Round_ConfigsChangedOnTheFly_GoByTheNewOnes()
    {
        var log = Create("t").Partitions[0];
        log.Stored(Batches.Plain(timestamp: Now));
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);

        log.Configure(TopicConfig.Settings(new Dictionary<string, string> { ["retention.ms"] = "1000" }, _time, flushEveryAppend: false));
        _time.Advance(Interval);
        Assert.Equal(1, log.StartOffset);
    }

    [Fact]
    public void Round_CompactedTopic_KeepsItsRecords()
    {
        var log = Create("t", 1, ("cleanup.policy", "compact"), ("retention.ms", "1000"), ("retention.bytes", "0")).Partitions[0];
        log.Stored(Batches.Plain(timestamp: Now));
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void Round_FlushMsShorterThanTheInterval_ComesSooner()
    {
        var log = Create("t", 1, ("flush.ms", "2000")).Partitions[0];
        _time.Advance(Interval); // a topic is noticed by the round after it was made
        log.Stored(Batches.Plain(timestamp: Now));
        log.Stored(Batches.Plain(timestamp: Now));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, log.Unflushed);
    }

    [Fact]
    public void Round_LogGrown_IsCheckpointed()
    {
        var log = Create("t").Partitions[0];
        var checkpoint = Path.Combine(_directory.Path, "logs", "t-0", "checkpoint");
        log.Stored(Batches.Plain(timestamp: Now));
        _time.Advance(Interval);
        Assert.False(File.Exists(checkpoint));

        for (var i = 0; i < 6; i++) log.Stored(Batches.Plain(valueBytes: 1_000_000, timestamp: Now));
        _time.Advance(Interval);
        Assert.True(File.Exists(checkpoint));
    }

    [Fact]
    public void Round_OneLogFails_IsALineAndTheOthersAreLookedAfter()
    {
        var bad = Create("a", 1, ("retention.ms", "1000")).Partitions[0];
        var good = Create("b", 1, ("retention.ms", "1000")).Partitions[0];
        foreach (var log in (PartitionLog[])[bad, good]) log.Stored(Batches.Plain(timestamp: Now));
        Directory.Delete(Path.Combine(_directory.Path, "logs", "a-0"), recursive: true);

        _time.Advance(Interval);
        Assert.Equal(1, good.StartOffset);
        Assert.Contains("a-0", Assert.Single(_lines.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_RoundsEnd()
    {
        var log = Create("t", 1, ("retention.ms", "1000")).Partitions[0];
        log.Stored(Batches.Plain(timestamp: Now));
        await _maintenance.DisposeAsync();
        _time.Advance(Interval * 3);
        Assert.Equal(0, log.StartOffset);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private Topic Create(string name, int partitions = 1, params (string Name, string Value)[] configs) =>
        _topics.Create(name, partitions, configs.ToDictionary(config => config.Name, config => config.Value)).Topic!;
}
