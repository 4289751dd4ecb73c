using Confluent.Kafka;

namespace Cdp.Streaming.Failures;

/// <summary>Which exceptions are caused by a record, and which end the loop.</summary>
internal static class Faults
{
    /// <summary>
    /// Whether the record being processed may be the cause. It is not the cause of a cancellation, an error that Kafka reports, hot state that belongs to
    /// another log, a dead letter that is refused, or an aborted transaction.
    /// </summary>
    public static bool AreCausedByRecord(Exception exception) =>
        exception is not (OperationCanceledException or KafkaException or ForeignStateException or DeadLetterRefusedException or TransactionAbortedException);
}
