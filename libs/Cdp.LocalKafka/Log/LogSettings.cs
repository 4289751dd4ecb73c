using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>What the logs of one topic go by: its configs, as numbers. The defaults are Kafka 4.0's.</summary>
/// <param name="Time">Stamps the broker's own records, and all records of topics with log-append time.</param>
/// <param name="FlushEveryAppend">Whether an append is on the disk, not only in the system's cache, before it is answered.</param>
internal sealed record LogSettings(TimeProvider Time, bool FlushEveryAppend, int MaxMessageBytes, int SegmentBytes, bool LogAppendTime)
{
    /// <summary>Whether <c>cleanup.policy</c> contains delete.</summary>
    public bool Delete { get; init; } = true;

    /// <summary>Whether <c>cleanup.policy</c> contains compact, so that every record needs a key.</summary>
    public bool Compact { get; init; }

    /// <summary>When a compacted log is cleaned.</summary>
    public CleaningSettings Cleaning { get; init; } = new(MinDirtyRatio: 0.5, MinLagMs: 0, MaxLagMs: long.MaxValue);

    /// <summary>How long tombstones stay, in milliseconds.</summary>
    public long DeleteRetentionMs { get; init; } = 24 * 3_600_000L;

    /// <summary>The codec that batches are stored in; null for the producer's own.</summary>
    public Codec? Compression { get; init; }

    /// <summary>The level of <see cref="Compression"/>; null where it has none.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>Milliseconds; -1: for ever.</summary>
    public long RetentionMs { get; init; } = Week;

    /// <summary>-1: no bound.</summary>
    public long RetentionBytes { get; init; } = -1;
    public long SegmentMs { get; init; } = Week;

    /// <summary>When an append begins a new segment: in time for the records of a compacted log to be cleaned (KIP-354; Kafka's LogConfig.maxSegmentMs).</summary>
    public long MaxSegmentMs => Compact ? Math.Min(SegmentMs, Cleaning.MaxLagMs) : SegmentMs;
    public int IndexIntervalBytes { get; init; } = 4096;
    public int SegmentIndexBytes { get; init; } = 10 << 20;

    /// <summary>How far a producer's timestamps may lie behind and ahead of the broker's clock, in milliseconds (KIP-937).</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;
    public long TimestampAfterMaxMs { get; init; } = 3_600_000;

    /// <summary>How many records, and for how many milliseconds, may be appended and not yet on the disk.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;
    public long FlushMs { get; init; } = long.MaxValue;

    private const long Week = 7 * 24 * 3_600_000L;
}
