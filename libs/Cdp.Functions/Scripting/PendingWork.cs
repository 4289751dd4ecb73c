using Jint;
using Jint.Native;

namespace Cdp.Functions.Scripting;

/// <summary>What a call waits for: timers and requests. Everything runs on the thread of the engine.</summary>
internal sealed class PendingWork(Engine engine, TimeProvider time)
{
    private readonly List<(long Due, int Id, JsValue Callback)> _timers = [];
    private readonly List<(Task Task, Action Settle)> _requests = [];
    private int _lastTimer;

    /// <summary>Starts a timer.</summary>
    /// <returns>Its id.</returns>
    public int StartTimer(JsValue callback, TimeSpan delay)
    {
        _timers.Add((time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency), ++_lastTimer, callback));
        return _lastTimer;
    }

    public void StopTimer(int id) => _timers.RemoveAll(timer => timer.Id == id);

    /// <summary>Settles a promise when a task ends.</summary>
    public void Add(Task task, Action settle) => _requests.Add((task, settle));

    /// <summary>Waits for the next timer or request, and runs what it was started for.</summary>
    /// <param name="atMost">How long to wait. Nothing is run if nothing is due by then.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>False if there is nothing to wait for.</returns>
    public bool RunNext(TimeSpan atMost, CancellationToken stopping)
    {
        if (_timers.Count + _requests.Count == 0) return false;
        var next = _timers.Count == 0 ? default : _timers.MinBy(timer => (timer.Due, timer.Id));
        var wait = atMost;
        if (_timers.Count > 0)
        {
            var untilDue = time.GetElapsedTime(time.GetTimestamp(), next.Due);
            wait = untilDue < TimeSpan.Zero ? TimeSpan.Zero : untilDue < atMost ? untilDue : atMost;
        }
        var ended = _requests.Count > 0 ? Task.WaitAny([.. _requests.Select(request => request.Task)], (int)wait.TotalMilliseconds + 1, stopping) : -1;
        if (ended >= 0)
        {
            var settle = _requests[ended].Settle;
            _requests.RemoveAt(ended);
            settle();
        }
        else
        {
            if (_requests.Count == 0 && stopping.WaitHandle.WaitOne(wait)) stopping.ThrowIfCancellationRequested();
            if (_timers.Count > 0 && time.GetTimestamp() >= next.Due)
            {
                StopTimer(next.Id);
                engine.Call(next.Callback);
            }
        }
        return true;
    }

    /// <summary>Forgets what nobody waits for any more.</summary>
    public void Clear()
    {
        _timers.Clear();
        _requests.Clear();
    }
}
