namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>An offset that a group committed for one partition.</summary>
/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the last record read, or -1 if the client sent none.</param>
/// <param name="Metadata">A note that the client attached to the offset.</param>
/// <param name="CommitTimestamp">The commit time in Unix milliseconds.</param>
/// <param name="ExpireTimestamp">The expiry time in Unix milliseconds, if the client set one, which is possible up to OffsetCommit version 4.</param>
/// <param name="Position">
/// The offset of this commit in <c>__consumer_offsets</c>. Of two commits the one with the higher position wins, no matter when their transactions end.
/// </param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitTimestamp, long? ExpireTimestamp, long Position);
