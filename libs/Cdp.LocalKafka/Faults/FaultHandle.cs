namespace Cdp.LocalKafka.Faults;

/// <summary>A fault in force. Disposed, or after its number of times, it befalls no more requests.</summary>
public sealed class FaultHandle : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Action<FaultHandle> _remove;
    private readonly List<(int Times, TaskCompletionSource Reached)> _waiting = [];
    private int _hits;
    private int? _left;

    internal FaultHandle(Fault fault, Action<FaultHandle> remove)
    {
        Fault = fault;
        _remove = remove;
        _left = fault.Times;
    }

    public Fault Fault { get; }

    /// <summary>How many requests it has befallen: counted when a delay begins, else when a request was refused, dropped or, before a drop, carried out.</summary>
    public int Hits { get { lock (_gate) return _hits; } }

    /// <summary>Completes when it has befallen so many requests.</summary>
    public Task Hit(int times = 1, CancellationToken cancel = default)
    {
        lock (_gate)
        {
            if (_hits >= times) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((times, reached));
            return reached.Task.WaitAsync(cancel);
        }
    }

    public void Dispose() => _remove(this);

    /// <summary>Claims one more request for it. False when its number is used up.</summary>
    internal bool TryTake()
    {
        lock (_gate)
        {
            if (_left == 0) return false;
            _left--;
            if (_left != 0) return true;
        }
        _remove(this);
        return true;
    }

    internal void Count()
    {
        lock (_gate)
        {
            _hits++;
            foreach (var (times, reached) in _waiting) if (times <= _hits) reached.TrySetResult();
            _waiting.RemoveAll(waiting => waiting.Times <= _hits);
        }
    }
}
