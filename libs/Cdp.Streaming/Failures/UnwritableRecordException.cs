using Cdp.Streaming.Records;

namespace Cdp.Streaming.Failures;

/// <summary>A record can never be written, for example because it is too large. The transaction was aborted.</summary>
public sealed class UnwritableRecordException(string reason, Outgoing? record) : Exception(reason)
{
    /// <summary>The record; null if the client does not say which one it is.</summary>
    public Outgoing? Record { get; } = record;
}
