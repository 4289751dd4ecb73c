using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Configuration;

/// <summary>The configs of a topic that its logs use, parsed. The defaults are those of Kafka 4.0.</summary>
/// <param name="Time">The clock for the broker's own records, and for all records of topics with log-append time.</param>
/// <param name="FlushEveryAppend">Whether each append is flushed to disk before it is acknowledged.</param>
internal sealed record LogSettings(TimeProvider Time, bool FlushEveryAppend, int MaxMessageBytes, int SegmentBytes, bool LogAppendTime)
{
    /// <summary>Whether <c>cleanup.policy</c> includes <c>delete</c>.</summary>
    public bool Delete { get; init; } = true;

    /// <summary>Whether <c>cleanup.policy</c> includes <c>compact</c>. If so, every record needs a key.</summary>
    public bool Compact { get; init; }

    /// <summary>When a compacted log is cleaned.</summary>
    public CleaningSettings Cleaning { get; init; } = new(MinDirtyRatio: 0.5, MinLagMs: 0, MaxLagMs: long.MaxValue);

    /// <summary>How long tombstones are kept, in milliseconds.</summary>
    public long DeleteRetentionMs { get; init; } = 24 * 3_600_000L;

    /// <summary>The codec in which batches are stored. Null keeps the producer's codec.</summary>
    public Codec? Compression { get; init; }

    /// <summary>The level of <see cref="Compression"/>. Null if the codec has no levels.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>How long records are kept, in milliseconds. -1 keeps them forever.</summary>
    public long RetentionMs { get; init; } = Week;

    /// <summary>How large a log may become, in bytes. -1 means no limit.</summary>
    public long RetentionBytes { get; init; } = -1;
    public long SegmentMs { get; init; } = Week;

    /// <summary>
    /// The age in milliseconds at which a segment is closed. In a compacted log it is early enough for the records to be cleaned in time (KIP-354;
    /// Kafka's LogConfig.maxSegmentMs).
    /// </summary>
    public long MaxSegmentMs => Compact ? Math.Min(SegmentMs, Cleaning.MaxLagMs) : SegmentMs;
    public int IndexIntervalBytes { get; init; } = 4096;
    public int SegmentIndexBytes { get; init; } = 10 << 20;

    /// <summary>How far a producer's timestamps may be behind the broker's clock, in milliseconds (KIP-937).</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;
    /// <summary>How far a producer's timestamps may be ahead of the broker's clock, in milliseconds (KIP-937).</summary>
    public long TimestampAfterMaxMs { get; init; } = 3_600_000;

    /// <summary>How many records may be appended before they are flushed to disk.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;
    /// <summary>How long an appended record may stay unflushed, in milliseconds.</summary>
    public long FlushMs { get; init; } = long.MaxValue;

    private const long Week = 7 * 24 * 3_600_000L;
}

/// <summary>When the logs of a topic are cleaned.</summary>
/// <param name="MinDirtyRatio"><c>min.cleanable.dirty.ratio</c></param>
/// <param name="MinLagMs"><c>min.compaction.lag.ms</c></param>
/// <param name="MaxLagMs"><c>max.compaction.lag.ms</c></param>
internal readonly record struct CleaningSettings(double MinDirtyRatio, long MinLagMs, long MaxLagMs);
