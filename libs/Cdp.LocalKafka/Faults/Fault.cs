using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Faults;

/// <summary>
/// What a test wants to go wrong with requests of one kind: an error, a delay, the loss of the connection, or several of them. With a
/// topic or partition it befalls requests that name those, and the error stands with them alone where the protocol has a place for it.
/// </summary>
public sealed record Fault
{
    public required ApiKey Api { get; init; }

    /// <summary>The topic that a request must name, by name or by id; null: any request of the kind.</summary>
    public string? Topic { get; init; }

    /// <summary>The partition that a request must name; null: any.</summary>
    public int? Partition { get; init; }

    /// <summary>Which client ids are concerned; null: all.</summary>
    public Func<string?, bool>? ClientId { get; init; }

    /// <summary>The answer instead of an effect: what is refused is not carried out, the rest of the request is.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>How long the request waits before it is handled, by the broker's clock. Later requests of the connection wait behind it.</summary>
    public TimeSpan Delay { get; init; }

    public FaultDrop Drop { get; init; }

    /// <summary>How many requests it befalls; null: all until it is removed.</summary>
    public int? Times { get; init; }
}

/// <summary>When the connection is closed in place of an answer.</summary>
public enum FaultDrop
{
    Never,

    /// <summary>The request has no effect.</summary>
    BeforeHandling,

    /// <summary>The request has its effect and the client does not learn of it: what a retry must survive.</summary>
    AfterHandling,
}
