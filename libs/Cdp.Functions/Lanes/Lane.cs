using Cdp.Functions.Contracts;

namespace Cdp.Functions.Lanes;

/// <summary>Runs a function, one run at a time.</summary>
internal interface ILane : IAsyncDisposable
{
    /// <summary>Gets ready to run. Does nothing if the lane is ready.</summary>
    /// <exception cref="FunctionException">The code cannot be loaded.</exception>
    /// <exception cref="LaneLostException">The process ended.</exception>
    Task StartAsync(CancellationToken stopping);

    /// <summary>Runs the function for events, in order.</summary>
    /// <param name="events">The events.</param>
    /// <param name="careful">Whether the process may end at any of them: then each outcome is reported at once, however much that costs.</param>
    /// <param name="report">Gets each outcome with the index of its event. It is not called after the task has ended.</param>
    /// <param name="stopping">Ends the run. Events that were not reported then have no outcome, and it is unknown whether the function handled them.</param>
    /// <exception cref="LaneLostException">The process ended. What was reported until then holds.</exception>
    Task RunAsync(IReadOnlyList<EventInput> events, bool careful, Action<int, FunctionOutcome> report, CancellationToken stopping);
}

/// <summary>The process of a lane ended, or had to be killed. <see cref="ILane.StartAsync"/> starts another.</summary>
/// <param name="message">How it ended.</param>
internal sealed class LaneLostException(string message) : Exception(message);
