using Cdp.Chaos.People;

namespace Cdp.Chaos.Sending;

/// <summary>
/// Sends messages twice across the end of a slot of the duplicate window. The second copy is a request that is received before the end and stored after the
/// first copy, so that the order of <c>receivedAt</c> is inverted. A third copy follows half a window later.
/// </summary>
/// <param name="sender">Sends the requests.</param>
/// <param name="events">Events that are not sent otherwise, one portion per boundary.</param>
/// <param name="window">The duplicate window.</param>
/// <param name="isInverted">Whether the copies are stored in the reverse of the order in which they were received.</param>
public sealed class WindowBoundaries(Sender sender, IReadOnlyList<IReadOnlyList<int>> events, TimeSpan window, bool isInverted)
{
    /// <summary>The number of events in a portion.</summary>
    public const int PortionSize = 8;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1), After = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// Runs until sending is over and both copies were acknowledged across at least one boundary. A single boundary may fail, because the instance with the
    /// withheld request may be killed.
    /// </summary>
    public async Task RunAsync(Task sending, CancellationToken stopping)
    {
        var (later, isDone) = (new List<Task>(), false);
        foreach (var portion in events)
        {
            var now = DateTime.UtcNow;
            var boundary = new DateTime((now.Ticks / window.Ticks + 1) * window.Ticks, DateTimeKind.Utc);
            if (boundary - now < Before + After) boundary += window;
            var due = Task.Delay(boundary - Before - now, stopping);
            await (isDone ? Task.WhenAny(sending, due) : due);
            stopping.ThrowIfCancellationRequested();
            if (isDone && sending.IsCompleted) break;
            isDone |= await SendAcrossAsync(portion, boundary, stopping);
            later.Add(SendLaterAsync(portion, sending, stopping));
        }
        await Task.WhenAll(later);
    }

    /// <returns>Whether both copies were acknowledged.</returns>
    private async Task<bool> SendAcrossAsync(IReadOnlyList<int> portion, DateTime boundary, CancellationToken stopping)
    {
        var first = new TaskCompletionSource();
        var slow = isInverted ? sender.TrySendSlowlyAsync(Sources.Shop, portion, 1, first.Task, stopping) : SendNowAsync();
        var wait = boundary + After - DateTime.UtcNow;
        if (wait > TimeSpan.Zero) await Task.Delay(wait, stopping);
        try
        {
            await sender.SendAsync(portion, 0, stopping);
        }
        finally
        {
            first.SetResult();
        }
        return await slow;

        async Task<bool> SendNowAsync()
        {
            await sender.SendAsync(portion, 0, stopping);
            return true;
        }
    }

    private async Task SendLaterAsync(IReadOnlyList<int> portion, Task sending, CancellationToken stopping)
    {
        await Task.WhenAny(sending, Task.Delay(window / 2, stopping));
        await sender.SendAsync(portion, 0, stopping);
    }
}
