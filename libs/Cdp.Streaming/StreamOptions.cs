using Cdp.Contracts;

namespace Cdp.Streaming;

/// <summary>What one loop reads and how large its batches may grow.</summary>
public sealed record StreamOptions
{
    /// <summary>The service, for dead letters, metrics and logs.</summary>
    public required string Service { get; init; }

    /// <summary>Consumer group and transactional id, without the topic prefix. Usually the service's name.</summary>
    public required string Group { get; init; }

    public required IReadOnlyList<Topic> Inputs { get; init; }

    /// <summary>The topics it writes; their schemas are registered before the first record is read.</summary>
    public required IReadOnlyList<Topic> Outputs { get; init; }

    public int MaxRecords { get; init; } = 1_000;
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a batch may wait for more records after its first; the latency that one hop may add. A batch ends sooner when nothing more is waiting.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// One member owns the same partition number of all its inputs (the range assignor); otherwise partitions move one by one (cooperative-sticky).
    /// </summary>
    public bool CoPartitioned { get; init; }
}
