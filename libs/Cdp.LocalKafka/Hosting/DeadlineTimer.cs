namespace Cdp.LocalKafka.Hosting;

/// <summary>One timer for any number of items, each with its next deadline. Times are milliseconds of the given clock.</summary>
internal sealed class DeadlineTimer<T> : IAsyncDisposable where T : class
{
    private readonly Lock _gate = new();
    private readonly Func<long> _clock;
    private readonly Func<T, long, long> _expire;
    private readonly PriorityQueue<T, long> _queue = new();
    private readonly Dictionary<T, long> _scheduled = [];
    private readonly ITimer _timer;
    private long _armed = long.MaxValue;
    private bool _disposed;

    /// <param name="time">The source of the timer.</param>
    /// <param name="clock">Returns the current time.</param>
    /// <param name="expire">
    /// Does what is due for an item at the given time and returns its next deadline, or <see cref="long.MaxValue"/> for none.
    /// </param>
    public DeadlineTimer(TimeProvider time, Func<long> clock, Func<T, long, long> expire)
    {
        _clock = clock;
        _expire = expire;
        _timer = time.CreateTimer(_ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Makes sure that the item expires by the deadline. A deadline later than the scheduled one is ignored: the item is then checked too early once, which is
    /// cheaper than reordering the queue on every heartbeat.
    /// </summary>
    public void Schedule(T item, long deadline)
    {
        if (deadline == long.MaxValue) return;
        lock (_gate)
        {
            if (_scheduled.TryGetValue(item, out var already) && already <= deadline) return;
            _scheduled[item] = deadline;
            _queue.Enqueue(item, deadline);
            Arm();
        }
    }

    /// <summary>Stops the timer and waits until no callback is running.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate) _disposed = true;
        await _timer.DisposeAsync();
    }

    private void Fire()
    {
        lock (_gate) _armed = long.MaxValue;
        var now = _clock();
        while (NextDue(now) is { } item) Schedule(item, _expire(item, now));
        lock (_gate) Arm();
    }

    private T? NextDue(long now)
    {
        lock (_gate)
        {
            while (!_disposed && _queue.TryPeek(out var item, out var deadline) && deadline <= now)
            {
                _queue.Dequeue();
                if (!_scheduled.TryGetValue(item, out var current) || current != deadline) continue; // superseded by an earlier deadline
                _scheduled.Remove(item);
                return item;
            }
            return null;
        }
    }

    private void Arm()
    {
        if (_disposed || !_queue.TryPeek(out _, out var deadline) || deadline >= _armed) return;
        _armed = deadline;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(deadline - _clock(), 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }
}
