using System.Collections.Concurrent;
using Cdp.Functions.Contracts;
using Cdp.Functions.Scripting;

namespace Cdp.Functions.Lanes;

/// <summary>
/// Runs a function in this process, on a thread of its own: the engine must stay on one thread, and needs more stack than threads of the pool have.
/// No sandbox: there is code that ends the process.
/// </summary>
internal sealed class InProcessLane : ILane
{
    /// <summary>
    /// The stack of a thread that runs scripts, in bytes. It holds some hundred nested calls. Much more would not help: unwinding a full stack of 16 MB takes
    /// seconds, in which no limit is checked.
    /// </summary>
    public const int StackBytes = 4 << 20;

    private readonly BlockingCollection<Action> _work = [];
    private readonly FunctionDefinition _definition;
    private readonly FunctionLimits _limits;
    private readonly FetchHandler? _fetch;
    private readonly TimeProvider _time;
    private FunctionEngine? _engine;

    public InProcessLane(FunctionDefinition definition, FunctionLimits limits, FetchHandler? fetch, TimeProvider time)
    {
        _definition = definition;
        _limits = limits;
        _fetch = fetch;
        _time = time;
        new Thread(Work, StackBytes) { IsBackground = true, Name = $"function {definition.Name}" }.Start();
    }

    public Task StartAsync(CancellationToken stopping) => _engine is not null
        ? Task.CompletedTask
        : OnThread(() => _engine = new FunctionEngine(FunctionProgram.Parse(_definition, _limits), _limits, _fetch, _time));

    public Task RunAsync(IReadOnlyList<EventInput> events, bool careful, Action<int, FunctionOutcome> report, CancellationToken stopping) =>
        OnThread(() => _engine!.Run(events, report, stopping));

    public ValueTask DisposeAsync()
    {
        _work.CompleteAdding();
        return ValueTask.CompletedTask;
    }

    private Task OnThread(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private void Work()
    {
        foreach (var action in _work.GetConsumingEnumerable()) action();
        _work.Dispose();
    }
}
