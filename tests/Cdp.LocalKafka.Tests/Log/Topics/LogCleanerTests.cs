using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Tests.Log.Compaction;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Topics;

/// <summary>The timer that compacts logs, on its own clock. A segment has room for two of the records used here.</summary>
public sealed class LogCleanerTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private readonly LogLines _lines = new();
    private readonly TopicStore _topics;
    private readonly LogCleaner _cleaner;

    public LogCleanerTests()
    {
        _topics = TopicStore.Open(_directory.Path, _time);
        _cleaner = new LogCleaner(_topics, _time, Interval, _lines);
    }

    public async ValueTask DisposeAsync()
    {
        await _cleaner.DisposeAsync();
        _topics.Close(flush: false);
        _directory.Dispose();
        _lines.Dispose();
    }

    [Theory]
    [InlineData("compact", "a=5 b=6 x=7")]
    [InlineData("compact,delete", "a=5 b=6 x=7")]
    [InlineData("delete", "a=1 b=2 a=3 b=4 a=5 b=6 x=7")]
    public void CleanAll_CleanupPolicy_KeepsTheLastOfEachKeyAndTheOffsets(string policy, string left)
    {
        var log = Create("t", ("cleanup.policy", policy));
        Write(log, "a=1 b=2 a=3 b=4 a=5 b=6 x=7");
        _time.Advance(Interval);
        Assert.Equal(left, Read(log));
        Assert.Equal((0, 7), (log.StartOffset, log.HighWatermark));
        Assert.Equal([4L, 5, 6], log.ReadCommitted(0, 1000).TakeLast(3).Select(record => record.Offset));
    }

    [Fact]
    public void CleanAll_ActiveSegment_IsUnchanged()
    {
        var log = Create("t");
        Write(log, "a=1 a=2 a=3");
        _time.Advance(Interval);
        Assert.Equal("a=2 a=3", Read(log));
    }

    [Fact]
    public void CleanAll_NotDirtyEnough_WaitsForMaxLag()
    {
        var log = Create("t", ("min.cleanable.dirty.ratio", "0.9"), ("max.compaction.lag.ms", "60000"));
        Write(log, "a=1 b=1 a=2 b=2 x=0");
        _time.Advance(Interval);
        Assert.Equal("a=2 b=2 x=0", Read(log)); // none of the log was clean

        Write(log, "y=0 a=3 b=3 x=1");
        _time.Advance(Interval);
        Assert.StartsWith("a=2 b=2", Read(log), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("x=0 y=0 a=3 b=3 x=1", Read(log));
    }

    [Fact]
    public void CleanAll_WithinMinLag_Waits()
    {
        var log = Create("t", ("min.compaction.lag.ms", "60000"));
        Write(log, "a=1 a=2 a=3");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("a=1 a=2 a=3", Read(log));
        _time.Advance(Interval);
        Assert.Equal("a=2 a=3", Read(log));
    }

    [Fact]
    public void Append_AfterMaxLag_StartsANewSegment()
    {
        var log = Create("t", ("max.compaction.lag.ms", "60000"));
        foreach (var record in (string[])["a=1", "a=2", "a=3"])
        {
            Write(log, record);
            _time.Advance(TimeSpan.FromSeconds(61));
        }
        Assert.Equal("a=2 a=3", Read(log));
    }

    [Fact]
    public void CleanAll_AfterDeleteRetention_RemovesTombstones()
    {
        var log = Create("t", ("delete.retention.ms", "100000"));
        Write(log, "a=1 a= b=1 b=2");
        _time.Advance(Interval);
        Assert.Equal("a= b=1 b=2", Read(log));

        Write(log, "c=1 c=2 c=3 c=4");
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.StartsWith("a=", Read(log), StringComparison.Ordinal);
        _time.Advance(Interval);
        Write(log, "d=1 d=2 d=3 d=4 d=5 d=6");
        _time.Advance(Interval);
        Assert.DoesNotContain("a=", Read(log), StringComparison.Ordinal);
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void CleanAll_UnreadableLog_IsLoggedOnceAndOthersAreCleaned()
    {
        var (bad, good) = (Create("a"), Create("b"));
        foreach (var log in (PartitionLog[])[bad, good]) Write(log, "a=1 a=2 a=3");
        using (var file = new FileStream(
                Path.Combine(_directory.Path, "logs", "a-0", "00000000000000000000.log"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = BatchHeader.Size;
            file.WriteByte(0x7e);
        }

        _time.Advance(Interval * 4);
        Assert.Equal("a=2 a=3", Read(good));
        Assert.Contains("a-0", Assert.Single(_lines.Lines), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_directory.Path, "logs", "a-0"), "*.log").Length);
        Assert.Empty(Directory.GetFiles(Path.Combine(_directory.Path, "logs", "a-0"), "*.cleaned"));
    }

    [Fact]
    public void CleanAll_AfterARestart_ContinuesWhereTheLastOneStopped()
    {
        (string, string)[] configs = [("min.cleanable.dirty.ratio", "0.5")];
        var log = Create("t", configs);
        Write(log, "a=1 b=1 c=1 d=1 e=1 f=1 x=0");
        _time.Advance(Interval);
        Write(log, "y=0 z=0");
        _topics.Close(flush: false);

        var again = PartitionLog.Open(Path.Combine(_directory.Path, "logs", "t-0"), 0, TopicConfig.Settings(Configs(configs), _time, flushEveryAppend: false));
        Assert.Equal((6, false), (again.Cleanability!.Value.FirstDirty, again.Cleanability.Value.IsDue));
        again.Close(flush: false);
    }

    [Fact]
    public async Task Dispose_TimeAdvances_NothingIsDone()
    {
        var log = Create("t");
        Write(log, "a=1 a=2 a=3");
        await _cleaner.DisposeAsync();
        _time.Advance(Interval * 3);
        Assert.Equal("a=1 a=2 a=3", Read(log));
    }

    private void Write(PartitionLog log, string records)
    {
        foreach (var record in records.Split(' '))
        {
            var (key, value) = (record.Split('=')[0], record.Split('=')[1]);
            log.MustAppend(TestBatch.Of(Codec.None, 0, [new TestRecord(key, value.Length == 0 ? null : value, _time.GetUtcNow().ToUnixTimeMilliseconds())]));
        }
    }

    private static string Read(PartitionLog log) => string.Join(' ', log.ReadCommitted(log.StartOffset, 1000).Select(record => $"{record.Key}={record.Value}"));

    private PartitionLog Create(string name, params (string Name, string Value)[] configs) => _topics.Create(name, 1, Configs(configs)).Topic!.Partitions[0];

    private static Dictionary<string, string> Configs((string Name, string Value)[] configs) =>
        new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "160", ["min.cleanable.dirty.ratio"] = "0" }
            .Concat(configs.ToDictionary(config => config.Name, config => config.Value))
            .GroupBy(config => config.Key).ToDictionary(same => same.Key, same => same.Last().Value);
}
