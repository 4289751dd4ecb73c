namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>The settings of Kafka's group coordinator, with the defaults of its broker configuration unless noted.</summary>
internal sealed record GroupOptions
{
    /// <summary>
    /// <c>group.initial.rebalance.delay.ms</c>: how long an empty group waits for more members before its first assignment.
    /// Kafka's default of 3 s spares large groups repeated rebalances. On one machine members join at about the same time.
    /// </summary>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary><c>group.min.session.timeout.ms</c>: a join with a shorter session timeout fails with INVALID_SESSION_TIMEOUT.</summary>
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary><c>group.max.session.timeout.ms</c>: a join with a longer session timeout fails with INVALID_SESSION_TIMEOUT.</summary>
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary><c>group.max.size</c>: joining a group that already has this many members fails with GROUP_MAX_SIZE_REACHED (KIP-389).</summary>
    public int MaxSize { get; init; } = int.MaxValue;

    /// <summary><c>offsets.retention.minutes</c>: how long unused offsets are kept (KIP-211).</summary>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>offsets.retention.check.interval.ms</c>: how often expired offsets are removed.</summary>
    public TimeSpan OffsetsRetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>offset.metadata.max.bytes</c>: committing longer metadata fails with OFFSET_METADATA_TOO_LARGE.</summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;
}
