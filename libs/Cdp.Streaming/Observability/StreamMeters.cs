using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Confluent.Kafka;

namespace Cdp.Streaming.Observability;

/// <summary>The metrics of a loop. Every one has the tag <c>group</c>, those of a partition also <c>topic</c> and <c>partition</c>.</summary>
internal sealed class StreamMeters : IDisposable
{
    private static readonly Counter<long> RecordsIn = Counter("cdp.stream.records.in", "{record}", "Records read and committed");
    private static readonly Counter<long> RecordsOut = Counter("cdp.stream.records.out", "{record}", "Records written and committed");
    private static readonly Counter<long> RecordsDead = Counter("cdp.stream.records.dead", "{record}", "Records written to the dead topic");
    private static readonly Counter<long> RecordsSkipped =
        Counter("cdp.stream.records.skipped", "{record}", "Offsets that retention deleted before they were processed");
    private static readonly Counter<long> Aborts = Counter("cdp.stream.aborts", "{transaction}", "Aborted transactions, whose input is read again");
    private static readonly Histogram<int> BatchRecords = Telemetry.Meter.CreateHistogram<int>("cdp.stream.batch.records", "{record}", "Records in a batch");
    private static readonly Histogram<double> CommitDuration =
        Seconds("cdp.stream.commit.duration", "Time from the first record sent to the commit of the transaction");
    private static readonly Histogram<double> Age =
        Seconds("cdp.stream.age", "Time from the append of the oldest record of a batch to the commit of the batch");

    // Every loop of the process. Gauges are observed on demand, so that they stay correct while a loop is stuck.
    private static readonly ConcurrentDictionary<StreamMeters, bool> Loops = new();

    private readonly KeyValuePair<string, object?> _group;
    private readonly TimeProvider _time;
    private IReadOnlyList<Lag> _lags = [];
    private long _lastCommit;

    static StreamMeters()
    {
        Gauge("cdp.stream.lag", "{record}", "Uncommitted records of an owned partition", loop => loop.Observe(lag => lag.Records));
        Gauge(
            "cdp.stream.lag.time", "s", "How long the first uncommitted record of an owned partition has been waiting",
            loop => loop.Observe(lag => lag.Seconds(loop.Now, loop.LastCommit)));
        Gauge<double>(
            "cdp.stream.commit.timestamp", "s", "Unix time of the last commit, or of the start before the first",
            loop => [new Measurement<double>((loop.LastCommit - DateTime.UnixEpoch).TotalSeconds, loop._group)]);
    }

    public StreamMeters(string group, TimeProvider time)
    {
        (_group, _time) = (new("group", group), time);
        _lastCommit = Now.Ticks;
        Loops[this] = true;
    }

    /// <summary>How far behind the loop is, as /health/ready shows it; empty if it is up to date.</summary>
    public string LagSummary => Lag.Summary(Volatile.Read(ref _lags), Now, LastCommit);

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private DateTime LastCommit => new(Volatile.Read(ref _lastCommit), DateTimeKind.Utc);

    public void Committed(int read, int written, long started, DateTime oldest, DateTime now)
    {
        Volatile.Write(ref _lastCommit, now.Ticks);
        RecordsIn.Add(read, _group);
        RecordsOut.Add(written, _group);
        BatchRecords.Record(read, _group);
        CommitDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _group);
        Age.Record(Math.Max(0, (now - oldest).TotalSeconds), _group);
    }

    /// <summary>Records the lag of every owned partition.</summary>
    public void Observed(IReadOnlyList<Lag> lags) => Volatile.Write(ref _lags, lags);

    public void DeadLettered() => RecordsDead.Add(1, _group);

    public void Skipped(TopicPartition partition, long offsets) =>
        RecordsSkipped.Add(offsets, _group, new("topic", partition.Topic), new("partition", partition.Partition.Value));

    public void Aborted() => Aborts.Add(1, _group);

    public void Dispose() => Loops.TryRemove(this, out _);

    private static Counter<long> Counter(string name, string unit, string description) => Telemetry.Meter.CreateCounter<long>(name, unit, description);

    private static Histogram<double> Seconds(string name, string description) => Telemetry.Meter.CreateHistogram<double>(name, "s", description);

    private static void Gauge<T>(string name, string unit, string description, Func<StreamMeters, IEnumerable<Measurement<T>>> observe)
        where T : struct =>
        Telemetry.Meter.CreateObservableGauge(name, () => Loops.Keys.SelectMany(observe), unit, description);

    private IEnumerable<Measurement<T>> Observe<T>(Func<Lag, T> value)
        where T : struct
    {
        foreach (var lag in Volatile.Read(ref _lags))
            yield return new Measurement<T>(value(lag), _group, new("topic", lag.Partition.Topic), new("partition", lag.Partition.Partition.Value));
    }
}
