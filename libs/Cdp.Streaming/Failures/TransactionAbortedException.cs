using Confluent.Kafka;

namespace Cdp.Streaming.Failures;

/// <summary>The transaction was aborted: none of its records are visible, and its input must be read again from the committed offsets.</summary>
internal sealed class TransactionAbortedException(string reason, ErrorCode code = ErrorCode.NoError) : Exception(reason)
{
    /// <summary>
    /// Whether the coordinator has forgotten the transactional id, as it does after <c>transactional.id.expiration.ms</c> without a transaction. Every further
    /// transaction of this producer would fail in the same way.
    /// </summary>
    public bool IsProducerForgotten => code is ErrorCode.InvalidProducerIdMapping or ErrorCode.UnknownProducerId;
}
