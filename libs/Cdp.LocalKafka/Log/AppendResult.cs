using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What became of a produced batch. A duplicate of a stored batch is a success with the stored batch's offset.</summary>
/// <param name="LogAppendTime">Milliseconds, when the topic stamps records itself; else -1.</param>
/// <param name="RecordErrors">The records for whose sake the batch is refused, when single ones are to blame (KIP-467).</param>
internal readonly record struct AppendResult(
    ErrorCode ErrorCode, long BaseOffset, long LogAppendTime, string? Message = null, IReadOnlyList<RecordError>? RecordErrors = null)
{
    public static AppendResult Refused(ErrorCode error, string why) => new(error, -1, -1, why);
}

/// <summary>What is wrong with one record of a refused batch.</summary>
/// <param name="Index">The record's place in its batch, from 0.</param>
internal readonly record struct RecordError(int Index, string Message);
