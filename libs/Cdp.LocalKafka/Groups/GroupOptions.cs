namespace Cdp.LocalKafka.Groups;

/// <summary>What Apache Kafka configures for its group coordinator, under the names and with the defaults of its broker configuration unless noted.</summary>
internal sealed record GroupOptions
{
    /// <summary>
    /// <c>group.initial.rebalance.delay.ms</c>: how long an empty group waits for more members before its first assignment.
    /// Kafka's default is three seconds, to spare large groups a storm of rebalances; on one machine members arrive together.
    /// </summary>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary><c>group.min.session.timeout.ms</c>: below it a join is answered INVALID_SESSION_TIMEOUT.</summary>
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary><c>group.max.session.timeout.ms</c>.</summary>
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary><c>group.max.size</c>: whoever joins a group of so many members is answered GROUP_MAX_SIZE_REACHED (KIP-389).</summary>
    public int MaxSize { get; init; } = int.MaxValue;

    /// <summary><c>offsets.retention.minutes</c>: how long offsets are kept that nobody uses any more (KIP-211).</summary>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>offsets.retention.check.interval.ms</c>.</summary>
    public TimeSpan OffsetsRetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>offset.metadata.max.bytes</c>: a longer note beside an offset is answered OFFSET_METADATA_TOO_LARGE.</summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;
}
