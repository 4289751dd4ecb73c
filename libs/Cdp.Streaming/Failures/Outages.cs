using Confluent.Kafka;

namespace Cdp.Streaming.Failures;

/// <summary>Which exceptions mean that something the services depend on is unavailable, so that waiting helps.</summary>
public static class Outages
{
    /// <summary>
    /// Whether Kafka or the schema registry is unavailable. A registry that answers anything but the schema counts as unavailable, and so does hot state that
    /// cannot be read for any record. A fatal error of the Kafka client does not count, because the client never recovers from it. Neither does a cancellation
    /// by <paramref name="stopping"/>; any other cancellation is a timeout.
    /// </summary>
    public static bool IsOutage(Exception exception, CancellationToken stopping) => exception switch
    {
        KafkaException kafka => !kafka.Error.IsFatal,
        OperationCanceledException => !stopping.IsCancellationRequested,
        _ => exception is HttpRequestException or UnreadableHotStateException,
    };

    /// <summary>
    /// Like <see cref="IsOutage"/>, but a fatal error of the Kafka client counts as well: for callers that use a new client for the next attempt, or whose own
    /// caller tries again.
    /// </summary>
    public static bool IsUnavailable(Exception exception, CancellationToken stopping) => exception is KafkaException || IsOutage(exception, stopping);
}
