namespace Cdp.Streaming.Clients;

/// <summary>
/// Counts the calls into a Kafka client that several threads share, so that none is in progress when the client is destroyed: librdkafka then frees its
/// memory, and a call that still reads it ends the whole process with a segmentation fault.
/// </summary>
public sealed class ClientCalls
{
    // Negative once closed.
    private int _count;

    /// <summary>Makes a call.</summary>
    /// <exception cref="ObjectDisposedException">The client is closed or closing.</exception>
    public T Make<T>(Func<T> call)
    {
        Enter();
        try
        {
            return call();
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Begins a call. <see cref="Exit"/> must follow when it has returned.</summary>
    /// <exception cref="ObjectDisposedException">The client is closed or closing.</exception>
    public void Enter()
    {
        if (Interlocked.Increment(ref _count) > 0) return;
        Exit();
        throw new ObjectDisposedException(nameof(ClientCalls), "the Kafka client is closed");
    }

    /// <summary>Ends a call begun with <see cref="Enter"/>.</summary>
    public void Exit() => Interlocked.Decrement(ref _count);

    /// <summary>Refuses further calls, and returns once those in progress have returned.</summary>
    public void Close()
    {
        Interlocked.Or(ref _count, int.MinValue);
        SpinWait.SpinUntil(() => Volatile.Read(ref _count) == int.MinValue);
    }
}
