using Cdp.Contracts;

namespace Cdp.Streaming.Consuming;

/// <summary>What a loop reads and writes, and how large its batches may grow.</summary>
public sealed record StreamOptions
{
    /// <summary>The name of the service, for dead letters, metrics and logs.</summary>
    public required string Service { get; init; }

    /// <summary>The consumer group, without the topic prefix; also part of the transactional id. Usually the name of the service.</summary>
    public required string Group { get; init; }

    /// <summary>The name of the loop in the readiness.</summary>
    public string Part => $"loop {Group}";

    /// <summary>The topics to read.</summary>
    public required IReadOnlyList<Topic> Inputs { get; init; }

    /// <summary>The topics to write. Their schemas are registered before the first record is read.</summary>
    public required IReadOnlyList<Topic> Outputs { get; init; }

    /// <summary>The most records in a batch, apart from those that the processor skips.</summary>
    public int MaxRecords { get; init; } = 1_000;

    /// <summary>The bytes of keys and values at which a batch ends.</summary>
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// How long a batch may take to fill after its first record: the latency that a service may add. A batch ends sooner if no more records are available.
    /// </summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Whether a member must own the same partition numbers of all inputs (range assignor). If false, partitions move one by one (cooperative-sticky assignor).
    /// </summary>
    public bool CoPartitioned { get; init; }

    /// <summary>
    /// How long a batch waits for further records although no more are available, within <see cref="MaxWait"/>. Longer for a service that sends its batches
    /// to a system that prefers few large requests.
    /// </summary>
    public TimeSpan Linger { get; init; }

    /// <summary>
    /// Where a new group begins in the first input; in others it begins at the first record that is retained. The start is committed before the first record is
    /// read, so that a restart does not move it. Null: at the first record that is retained, and nothing is committed until a record is processed.
    /// </summary>
    public StartPosition? Start { get; init; }
}
