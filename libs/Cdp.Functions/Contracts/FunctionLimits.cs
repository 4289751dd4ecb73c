namespace Cdp.Functions.Contracts;

/// <summary>
/// What a function may use. A call is one event, or one batch for a batch handler. Exceeding a limit fails the call; at worst it ends the worker process.
/// </summary>
public sealed record FunctionLimits
{
    /// <summary>Wall-clock time of a call, waiting for <c>fetch</c> and timers included.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How much longer than <see cref="Time"/> a worker process may be silent before it is killed: for what the engine cannot interrupt.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long it may take to load the code, and as long again to start a worker process. The first time the engine itself is compiled.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that a call may allocate. Garbage counts: 25 KB for a usual event, and that much for every event of a batch.</summary>
    public long AllocatedBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of the heap of a worker process.</summary>
    public long WorkerHeapBytes { get; init; } = 256 << 20;

    /// <summary>Statements of a call.</summary>
    public int Statements { get; init; } = 5_000_000;

    /// <summary>How often a function may be on the call stack at a time.</summary>
    public int Recursion { get; init; } = 128;

    /// <summary>Time of one match of a regular expression.</summary>
    public TimeSpan RegexTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Items of an array.</summary>
    public uint ArrayLength { get; init; } = 1_000_000;

    /// <summary>Levels of objects and arrays in an event, as input, as output, and for <c>JSON.parse</c>.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Characters of one event that a function returns, as JSON.</summary>
    public int EventLength { get; init; } = 1 << 20;

    /// <summary>Events that a function may return for one event.</summary>
    public int EventsPerInput { get; init; } = 100;

    /// <summary>Characters that are kept of what a call logs, as at Segment.</summary>
    public int LogLength { get; init; } = 4096;

    /// <summary>Requests with <c>fetch</c> that a call may make.</summary>
    public int Fetches { get; init; } = 10;
}
