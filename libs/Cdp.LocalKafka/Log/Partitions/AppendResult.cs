using Cdp.LocalKafka.Log.Validation;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>The result of appending a produced batch. A duplicate of a stored batch is a success, with the offset of the stored batch.</summary>
/// <param name="LogAppendTime">The append time in Unix milliseconds if the topic uses log-append time, else -1.</param>
/// <param name="RecordErrors">The records that caused the batch to be refused, if single records did (KIP-467).</param>
internal readonly record struct AppendResult(
    ErrorCode ErrorCode, long BaseOffset, long LogAppendTime, string? Message = null, IReadOnlyList<RecordError>? RecordErrors = null)
{
    public static AppendResult Refused(ErrorCode error, string why) => new(error, -1, -1, why);
}
