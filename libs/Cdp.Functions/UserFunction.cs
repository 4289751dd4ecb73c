using System.Threading.Channels;
using Cdp.Functions.Contracts;
using Cdp.Functions.Lanes;
using Cdp.Functions.Workers;

namespace Cdp.Functions;

/// <summary>How a function runs.</summary>
public sealed record FunctionHost
{
    /// <summary>
    /// Whether the function runs in this process. Only for code of the operator's own team: no JavaScript engine is a sandbox in process. By default a function
    /// runs in a worker process.
    /// </summary>
    public bool Trusted { get; init; }

    /// <summary>
    /// How many batches run at a time, each with an engine (and a worker process) of its own. They share no global variables of the function.
    /// </summary>
    public int Lanes { get; init; } = 1;

    /// <summary>What a call may use.</summary>
    public FunctionLimits Limits { get; init; } = new();

    /// <summary>Makes the requests of <c>fetch</c>; null: the function cannot make any.</summary>
    public FetchHandler? Fetch { get; init; }

    /// <summary>The clock of <c>Date</c> in process, and of <see cref="FunctionState.SwitchedOff"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>A user's function that runs. Thread-safe.</summary>
public sealed class UserFunction : IAsyncDisposable
{
    private const int MaxLosses = 2;

    private readonly TimeProvider _time;
    private readonly ILane[] _lanes;
    private readonly Channel<ILane> _free = Channel.CreateUnbounded<ILane>();

    private UserFunction(FunctionDefinition definition, FunctionHost host)
    {
        Definition = definition;
        _time = host.Time;
        _lanes = [.. Enumerable.Range(0, Math.Max(1, host.Lanes)).Select<int, ILane>(_ => host.Trusted
            ? new InProcessLane(definition, host.Limits, host.Fetch, host.Time)
            : new WorkerLane(definition, host.Limits, host.Fetch))];
        foreach (var lane in _lanes) _free.Writer.TryWrite(lane);
    }

    public FunctionDefinition Definition { get; }

    /// <summary>Whether the function runs.</summary>
    public FunctionState State { get; private set; } = new FunctionState.Active();

    /// <summary>Loads a function, and starts its first lane, so that a fault in its code is known at once.</summary>
    /// <exception cref="FunctionException">The code has a syntax error or no handler, or cannot be loaded.</exception>
    public static async Task<UserFunction> LoadAsync(FunctionDefinition definition, FunctionHost host, CancellationToken stopping)
    {
        var function = new UserFunction(definition, host);
        try
        {
            await function._lanes[0].StartAsync(stopping);
            return function;
        }
        catch (LaneLostException e)
        {
            await function.DisposeAsync();
            throw new FunctionException($"the code of {definition.Name} cannot be loaded: {e.Message}");
        }
        catch
        {
            await function.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Runs the function for events, in order. If its worker process ends, another one goes on with the first event that has no outcome yet, so the function
    /// may see events twice. If that one ends, too, before it is done with an event, the function is switched off.
    /// </summary>
    /// <returns>An outcome for each event, in the order of the events. A function that is switched off fails all, retryable.</returns>
    /// <exception cref="OperationCanceledException">It is unknown which events the function handled.</exception>
    /// <exception cref="ObjectDisposedException">The function was disposed.</exception>
    public async Task<IReadOnlyList<FunctionOutcome>> RunAsync(IReadOnlyList<EventInput> events, CancellationToken stopping)
    {
        var outcomes = new List<FunctionOutcome>(events.Count);
        var losses = 0;
        while (outcomes.Count < events.Count && State is FunctionState.Active)
        {
            var lane = await TakeAsync(stopping);
            var before = outcomes.Count;
            try
            {
                await lane.StartAsync(stopping);
                // A worker that ended may have taken along outcomes that it had not sent yet. The next one sends each at once, so that none is lost again.
                await lane.RunAsync([.. events.Skip(before)], careful: losses > 0, (_, outcome) => outcomes.Add(outcome), stopping);
            }
            catch (LaneLostException e)
            {
                losses = outcomes.Count > before ? 1 : losses + 1;
                if (losses == MaxLosses) State = new FunctionState.SwitchedOff(e.Message, _time.GetUtcNow());
            }
            catch (FunctionException e)
            {
                // The code was loaded once before, so it does not do the same every time.
                State = new FunctionState.SwitchedOff(e.Message, _time.GetUtcNow());
            }
            finally
            {
                _free.Writer.TryWrite(lane);
            }
        }
        if (outcomes.Count < events.Count && State is FunctionState.SwitchedOff off)
        {
            var failed = new FunctionOutcome.Failed($"the function is switched off: {off.Reason}", null, null, null, Retryable: true);
            outcomes.AddRange(Enumerable.Repeat(failed, events.Count - outcomes.Count));
        }
        return outcomes;
    }

    /// <summary>Lets a function run again that was switched off.</summary>
    public void Enable() => State = new FunctionState.Active();

    /// <summary>Ends the worker processes. Runs that are in progress fail with <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        // First, so that no run starts a process again.
        _free.Writer.TryComplete();
        while (_free.Reader.TryRead(out _)) { }
        foreach (var lane in _lanes) await lane.DisposeAsync();
    }

    private async Task<ILane> TakeAsync(CancellationToken stopping)
    {
        try
        {
            return await _free.Reader.ReadAsync(stopping);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(Definition.Name);
        }
    }
}
