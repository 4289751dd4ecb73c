namespace Cdp.LocalKafka.Log;

/// <summary>What the logs of one topic go by: its configs, as numbers. The defaults are Kafka 4.0's.</summary>
/// <param name="Time">Stamps the broker's own records, and all records of topics with log-append time.</param>
/// <param name="FlushEveryAppend">Whether an append is on the disk, not only in the system's cache, before it is answered.</param>
internal sealed record LogSettings(TimeProvider Time, bool FlushEveryAppend, int MaxMessageBytes, int SegmentBytes, bool LogAppendTime)
{
    public int IndexIntervalBytes { get; init; } = 4096;
    public int SegmentIndexBytes { get; init; } = 10 << 20;
    public long SegmentMs { get; init; } = 7 * 24 * 3_600_000L;
}
