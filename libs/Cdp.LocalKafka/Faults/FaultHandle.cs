namespace Cdp.LocalKafka.Faults;

/// <summary>An active fault. Once it is disposed of, or after <see cref="Fault.Times"/> requests, it no longer applies.</summary>
public sealed class FaultHandle : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Action<FaultHandle> _remove;
    private readonly List<(int Times, TaskCompletionSource Reached)> _waiters = [];
    private int _hits;
    private int? _remaining;

    internal FaultHandle(Fault fault, Action<FaultHandle> remove)
    {
        Fault = fault;
        _remove = remove;
        _remaining = fault.Times;
    }

    public Fault Fault { get; }

    /// <summary>
    /// How many requests the fault has applied to. A request counts when its delay begins. Without a delay, it counts when it was refused or
    /// dropped, or, for <see cref="FaultDrop.AfterHandling"/>, when it was carried out.
    /// </summary>
    public int Hits { get { lock (_gate) return _hits; } }

    /// <summary>Completes once the fault has applied to <paramref name="times"/> requests.</summary>
    public Task Hit(int times = 1, CancellationToken cancel = default)
    {
        lock (_gate)
        {
            if (_hits >= times) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((times, reached));
            return reached.Task.WaitAsync(cancel);
        }
    }

    public void Dispose() => _remove(this);

    /// <summary>Reserves the fault for one more request. Returns false if <see cref="Fault.Times"/> is used up.</summary>
    internal bool TryTake()
    {
        lock (_gate)
        {
            if (_remaining == 0) return false;
            _remaining--;
            if (_remaining != 0) return true;
        }
        _remove(this);
        return true;
    }

    internal void Count()
    {
        lock (_gate)
        {
            _hits++;
            foreach (var (times, reached) in _waiters) if (times <= _hits) reached.TrySetResult();
            _waiters.RemoveAll(waiter => waiter.Times <= _hits);
        }
    }
}
