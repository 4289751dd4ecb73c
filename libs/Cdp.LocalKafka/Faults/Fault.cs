using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Faults;

/// <summary>
/// A fault that a test injects into requests of one API: an error, a delay, a lost connection, or a combination. If a topic or partition is
/// set, the fault applies only to requests that name it, and where the protocol allows, the error is reported only for that topic or partition.
/// </summary>
public sealed record Fault
{
    public required ApiKey Api { get; init; }

    /// <summary>The topic that a request must name, by name or by id. Null matches every request.</summary>
    public string? Topic { get; init; }

    /// <summary>The partition that a request must name. Null matches every partition.</summary>
    public int? Partition { get; init; }

    /// <summary>Selects the client ids that the fault applies to. Null selects all.</summary>
    public Func<string?, bool>? ClientId { get; init; }

    /// <summary>The error to respond with. The refused part of the request has no effect; the rest of the request is carried out.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>How long a request waits before it is handled, by the broker's clock. Later requests of the same connection wait behind it.</summary>
    public TimeSpan Delay { get; init; }

    public FaultDrop Drop { get; init; }

    /// <summary>How many requests the fault applies to. Null applies it to all requests until it is removed.</summary>
    public int? Times { get; init; }
}

/// <summary>When to close the connection instead of responding.</summary>
public enum FaultDrop
{
    Never,

    /// <summary>The request is not carried out.</summary>
    BeforeHandling,

    /// <summary>The request is carried out, but the client does not learn of it. Clients must handle this when they retry.</summary>
    AfterHandling,
}
