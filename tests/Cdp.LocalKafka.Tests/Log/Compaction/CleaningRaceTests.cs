using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>What happens in a log while another thread cleans it.</summary>
public sealed class CleaningRaceTests : IDisposable
{
    private const int Keys = 20;
    private readonly TempDirectory _directory = new(inMemory: true);
    private readonly FakeTime _time = new();
    private volatile bool _ended;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Clean_ConcurrentReader_SeesRecordsInOrderAndTheLastOfEachKey()
    {
        var log = Open();
        var cleaning = Cleaning(log);
        var values = new string[Keys];
        for (var round = 0; round < 30; round++)
        {
            for (var i = 0; i < 100; i++) Write(log, values, (round * 100) + i);
            var end = log.HighWatermark;
            var read = log.ReadCommitted(0, 500).TakeWhile(record => record.Offset < end).ToList();
            Assert.All(read.Zip(read.Skip(1)), pair => Assert.True(pair.First.Offset < pair.Second.Offset));
            Assert.All(read, record => Assert.Equal($"{record.Offset}", record.Value));
            Assert.Equal(values, read.GroupBy(record => record.Key).OrderBy(key => int.Parse(key.Key!, null)).Select(key => key.Last().Value!));
        }
        Assert.True(await Ended(cleaning) > 0);
        log.Clean(step => step.Run(), CancellationToken.None);
        Assert.InRange(log.ReadCommitted(0, 500).Count, Keys, 10 * Keys);
        log.Close(flush: false);
    }

    [Fact]
    public void Clean_SliceBeingSent_KeepsItsBytes()
    {
        var log = Open();
        for (var i = 0; i < 100; i++) Write(log, new string[Keys], i);
        var slice = log.Read(0, 300, wholeFirst: true, committedOnly: false).Slice;
        var before = slice.Bytes();
        log.Clean(step => step.Run(), CancellationToken.None);

        Assert.Equal(before, slice.Bytes());
        Assert.NotEqual(before, log.Read(0, 300, wholeFirst: true, committedOnly: false).Slice.Bytes());
        log.Close(flush: false);
    }

    [Fact]
    public async Task Clean_ConcurrentRetentionAndDeleteRecords_LosesNothingElse()
    {
        var log = Open();
        var random = new Random(1);
        var values = new string[Keys];
        for (var round = 0; round < 25; round++)
        {
            var cleaning = Cleaning(log);
            for (var i = 0; i < 100; i++)
            {
                Write(log, values, log.HighWatermark);
                if (random.Next(20) == 0) log.DeleteRecords(Math.Max(log.StartOffset, log.HighWatermark - random.Next(50, 400)));
                if (random.Next(20) == 0) log.Expire();
            }
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Ended(cleaning);

            var (start, end) = (log.StartOffset, log.HighWatermark);
            Check(log);
            log.Close(flush: random.Next(2) == 0);
            log = Open();
            Assert.Equal((start, end), (log.StartOffset, log.HighWatermark));
            Check(log);
        }
        log.Close(flush: false);

        void Check(PartitionLog log)
        {
            var last = log.ReadCommitted(log.StartOffset, 500).GroupBy(record => record.Key!).ToDictionary(key => key.Key, key => key.Last().Value);
            foreach (var (value, key) in values.Select((value, key) => (value, key)))
                Assert.Equal(long.Parse(value, null) < log.StartOffset ? null : value, last.GetValueOrDefault($"{key}"));
        }
    }

    [Fact]
    public void Clean_SegmentsDeletedBeforeTheSwap_IsDiscarded() => Discarded(log => Assert.Equal((ErrorCode.None, 90L), log.DeleteRecords(90)), startsAt: 90);

    [Fact]
    public void Clean_PolicyChangedBeforeTheSwap_IsDiscarded() => Discarded(log => log.Configure(Settings with { Compact = false }), startsAt: 0);

    [Fact]
    public void Clean_LogClosedBeforeTheSwap_IsDiscarded() => Discarded(log => log.Close(flush: false), startsAt: 0);

    private void Discarded(Action<PartitionLog> meanwhile, long startsAt)
    {
        var time = new InterruptedTime(_time, () => Directory.GetFiles(_directory.Path, "*.cleaned").Length > 0);
        var log = PartitionLog.Open(_directory.Path, 0, Settings with { Time = time });
        for (var i = 0; i < 100; i++) Write(log, new string[Keys], i);
        time.Meanwhile = () => meanwhile(log);
        log.Clean(_ => Assert.Fail("exchanged"), CancellationToken.None);

        Assert.Null(time.Meanwhile);
        Assert.Empty(Directory.GetFiles(_directory.Path, "*.cleaned"));
        log.Close(flush: false);
        log = Open();
        Assert.Equal(startsAt, log.StartOffset);
        Assert.Equal(100 - startsAt, log.ReadCommitted(startsAt, 500).Count);
        log.Close(flush: false);
    }

    [Fact]
    public void Clean_Canceled_LeavesTheLogUnchanged()
    {
        var log = Open();
        for (var i = 0; i < 100; i++) Write(log, new string[Keys], i);
        Assert.Throws<OperationCanceledException>(() => log.Clean(step => step.Run(), new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFiles(_directory.Path, "*.cleaned"));
        Assert.Equal(100, log.ReadCommitted(0, 500).Count);
        log.Close(flush: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DeleteOrClose_DuringACleaning_EndsIt(bool delete)
    {
        for (var round = 0; round < 20; round++)
        {
            var log = Open();
            for (var i = 0; i < 300; i++) Write(log, new string[Keys], i);
            var cleaning = Task.Run(() => Record.Exception(() => log.Clean(step => step.Run(), CancellationToken.None)));
            if (round % 2 == 0) await Task.Yield();
            if (delete) log.Delete();
            else log.Close(flush: false);

            Assert.True(await cleaning is null or ObjectDisposedException);
            Assert.Equal(delete, !Directory.Exists(_directory.Path));
            Directory.CreateDirectory(_directory.Path);
            if (!delete) Assert.Empty(Directory.GetFiles(_directory.Path, "*.swap"));
        }
    }

    // Cleans again and again until told to stop; returns the number of cleanings.
    private Task<int> Cleaning(PartitionLog log) => Task.Run(() =>
    {
        var cleanings = 0;
        for (; !_ended; cleanings++) log.Clean(step => step.Run(), CancellationToken.None);
        return cleanings;
    });

    private async Task<int> Ended(Task<int> cleaning)
    {
        _ended = true;
        var cleanings = await cleaning;
        _ended = false;
        return cleanings;
    }

    private void Write(PartitionLog log, string[] values, long i)
    {
        var key = (int)((i * 7919) % Keys);
        values[key] = $"{log.HighWatermark}";
        log.MustAppend(TestBatch.Of((Codec)(i % 5), 0, [new TestRecord($"{key}", values[key], _time.GetUtcNow().ToUnixTimeMilliseconds())]));
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Settings);

    private LogSettings Settings => SampleBatches.Settings(1000, _time) with
    {
        Compact = true,
        Delete = true,
        RetentionMs = 500,
        Cleaning = new CleaningSettings(0, 0, long.MaxValue),
    };

    /// <summary>
    /// Runs an action once, on the first request for the time after <paramref name="comes"/>: between a cleaning and its swap, when a new segment is created.
    /// </summary>
    private sealed class InterruptedTime(TimeProvider time, Func<bool> comes) : TimeProvider
    {
        public Action? Meanwhile { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            if (Meanwhile is { } action && comes())
            {
                Meanwhile = null;
                action();
            }
            return time.GetUtcNow();
        }
    }
}
