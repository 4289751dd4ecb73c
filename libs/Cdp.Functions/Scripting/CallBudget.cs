using System.Diagnostics;
using Cdp.Functions.Contracts;
using Jint;

namespace Cdp.Functions.Scripting;

/// <summary>
/// What one call may use: time, allocated bytes, statements. Jint checks it before every statement, and at intervals in its own long loops. Jint's own
/// constraints are reset at every entry into the engine; a call that waits for <c>fetch</c> is several entries, so only <see cref="Begin"/> resets this one.
/// All entries must be on one thread, because the runtime counts allocated bytes by thread.
/// </summary>
internal sealed class CallBudget(FunctionLimits limits) : Constraint
{
    private TimeSpan _time;
    private long _end = long.MaxValue;
    private long _allocatedAtStart;
    private int _statements;

    /// <summary>The time that is left.</summary>
    public TimeSpan Remaining => TimeSpan.FromSeconds(Math.Max(0, (double)(_end - Stopwatch.GetTimestamp()) / Stopwatch.Frequency));

    /// <summary>Ends the call.</summary>
    public CancellationToken Stopping { get; private set; }

    /// <summary>A new call begins, or the code is loaded.</summary>
    /// <param name="time">How long it may take.</param>
    /// <param name="stopping">Ends it.</param>
    public void Begin(TimeSpan time, CancellationToken stopping)
    {
        _time = time;
        Stopping = stopping;
        _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
        _statements = 0;
    }

    /// <exception cref="LimitException">A limit is exceeded. The script cannot catch it.</exception>
    public override void Check()
    {
        if (++_statements > limits.Statements) throw new LimitException($"more than {limits.Statements} statements", retryable: false);
        if (GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart > limits.AllocatedBytes)
            throw new LimitException($"more than {limits.AllocatedBytes} bytes allocated", retryable: false);
        if (Stopwatch.GetTimestamp() > _end) throw new LimitException($"more than {_time.TotalSeconds} s", retryable: true);
        Stopping.ThrowIfCancellationRequested();
    }

    /// <summary>Does nothing: see the class.</summary>
    public override void Reset() { }
}

/// <summary>A call exceeded a limit.</summary>
/// <param name="message">The limit.</param>
/// <param name="retryable">Whether another attempt may succeed: time depends on the machine, what a function allocates does not.</param>
internal sealed class LimitException(string message, bool retryable) : Exception(message)
{
    public bool Retryable { get; } = retryable;
}
