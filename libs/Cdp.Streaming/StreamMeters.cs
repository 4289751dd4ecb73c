using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Cdp.Streaming;

/// <summary>What a loop measures; every instrument carries the tag <c>group</c>.</summary>
internal sealed class StreamMeters(string group)
{
    private static readonly Counter<long> RecordsIn = Telemetry.Meter.CreateCounter<long>("cdp.stream.records.in", "{record}", "Records read and committed");
    private static readonly Counter<long> RecordsOut = Telemetry.Meter.CreateCounter<long>("cdp.stream.records.out", "{record}", "Records written and committed");
    private static readonly Counter<long> RecordsDead = Telemetry.Meter.CreateCounter<long>("cdp.stream.records.dead", "{record}", "Records that went to the dead topic");
    private static readonly Counter<long> Aborts = Telemetry.Meter.CreateCounter<long>("cdp.stream.aborts", "{transaction}", "Transactions aborted, their input read again");
    private static readonly Histogram<int> BatchRecords = Telemetry.Meter.CreateHistogram<int>("cdp.stream.batch.records", "{record}", "Records of a batch");
    private static readonly Histogram<double> CommitDuration = Telemetry.Meter.CreateHistogram<double>("cdp.stream.commit.duration", "s", "From the first record sent to the transaction's commit");
    private static readonly Histogram<double> Age = Telemetry.Meter.CreateHistogram<double>("cdp.stream.age", "s", "From the oldest record's append to its commit here");
    private static readonly Gauge<long> LagGauge = Telemetry.Meter.CreateGauge<long>("cdp.stream.lag", "{record}", "Records not yet read from the owned partitions");

    private readonly KeyValuePair<string, object?> _group = new("group", group);

    public void Committed(int read, int written, long started, DateTime oldest, DateTime now)
    {
        RecordsIn.Add(read, _group);
        RecordsOut.Add(written, _group);
        BatchRecords.Record(read, _group);
        CommitDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _group);
        Age.Record(Math.Max(0, (now - oldest).TotalSeconds), _group);
    }

    public void Lag(long records) => LagGauge.Record(records, _group);

    public void Died() => RecordsDead.Add(1, _group);

    public void Aborted() => Aborts.Add(1, _group);
}
