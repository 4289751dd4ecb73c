namespace Cdp.LocalKafka.Groups;

/// <summary>An offset that a group committed for one partition.</summary>
/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the last record read; -1 if the client gave none.</param>
/// <param name="Metadata">The client's note.</param>
/// <param name="CommitTimestamp">Unix milliseconds.</param>
/// <param name="ExpireTimestamp">When it may go, Unix milliseconds, if the client said so, as it could until version 4 of OffsetCommit.</param>
/// <param name="Position">Where <c>__consumer_offsets</c> holds it: of two commits the one further on wins, however late its transaction ends.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitTimestamp, long? ExpireTimestamp, long Position);
