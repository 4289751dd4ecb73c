using Confluent.Kafka;
using Confluent.SchemaRegistry;

namespace Cdp.Streaming;

/// <summary>Waits for what is away: tries again until it is back or the process is stopped, tells one log line a minute, and is not ready meanwhile.</summary>
internal sealed class Patience(StreamLog log, Readiness readiness, string part, CancellationToken stopping)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether Kafka or the registry is away, rather than a record bad or ourselves fenced.</summary>
    public bool IsOutage(Exception exception) => exception switch
    {
        KafkaException kafka => !kafka.Error.IsFatal,
        SchemaRegistryException registry => (int)registry.Status >= 500,
        OperationCanceledException => !stopping.IsCancellationRequested,
        _ => exception is HttpRequestException,
    };

    /// <summary>Tells that something is away. The loop tells that it is ready again when it turns.</summary>
    public void Waiting(string what, string error)
    {
        readiness.Report(part, false, $"waiting for {what}: {error}");
        log.Waiting(what, error);
    }

    /// <inheritdoc cref="Until{T}"/>
    public void Until(string what, Action call, Func<Exception, bool> isOutage) => Until(what, () =>
    {
        call();
        return true;
    }, isOutage, pause => pause.GetAwaiter().GetResult());

    /// <param name="what">What is waited for, for people.</param>
    /// <param name="call">Repeated until it succeeds. Tried once even when stopping, so that a transaction under way is ended and not left to its timeout.</param>
    /// <param name="isOutage">Which exceptions mean that waiting helps; others escape.</param>
    /// <param name="wait">Lets a pause pass in the caller's way.</param>
    public T Until<T>(string what, Func<T> call, Func<Exception, bool> isOutage, Action<Task> wait)
    {
        while (true)
        {
            try
            {
                return call();
            }
            catch (Exception e) when (isOutage(e))
            {
                Waiting(what, e.Message);
                wait(Task.Delay(Pause, stopping));
            }
        }
    }
}
