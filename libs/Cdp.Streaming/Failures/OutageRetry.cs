using Cdp.Streaming.Observability;

namespace Cdp.Streaming.Failures;

/// <summary>
/// Repeats a call while something it needs is unavailable, until it succeeds or the process is stopped. Meanwhile /health/ready names what it waits for, and
/// the log repeats that once a minute.
/// </summary>
internal sealed class OutageRetry(StreamLog log, Readiness readiness, string part, CancellationToken stopping)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>How to wait: block the thread, until there is a consumer, which must be polled while waiting.</summary>
    public Action<Task> Wait { private get; set; } = pause => pause.GetAwaiter().GetResult();

    /// <inheritdoc cref="Outages.IsOutage"/>
    public bool IsOutage(Exception exception) => Outages.IsOutage(exception, stopping);

    /// <summary>Reports that something is unavailable. The loop reports that it is ready again with its next batch.</summary>
    public void ReportWaiting(string what, string error)
    {
        readiness.Report(part, false, $"waiting for {what}: {error}");
        log.Waiting(what, error);
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(string what, Action call, Func<Exception, bool> isOutage) => Run(what, () =>
    {
        call();
        return true;
    }, isOutage);

    /// <summary>Repeats a call until it succeeds.</summary>
    /// <param name="what">What the call waits for, as /health/ready and the log name it.</param>
    /// <param name="call">
    /// The call. It is made once even if the process is stopping, so that an open transaction is ended instead of left to its timeout.
    /// </param>
    /// <param name="isOutage">Which exceptions mean that the call is to be repeated; any other is thrown.</param>
    public T Run<T>(string what, Func<T> call, Func<Exception, bool> isOutage)
    {
        while (true)
        {
            try
            {
                return call();
            }
            catch (Exception e) when (isOutage(e))
            {
                ReportWaiting(what, e.Message);
                Wait(Task.Delay(Pause, stopping));
            }
        }
    }
}
