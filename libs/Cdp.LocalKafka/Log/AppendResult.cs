using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What became of a produced batch. A duplicate of a stored batch is a success with the stored batch's offset.</summary>
/// <param name="LogAppendTime">Milliseconds, when the topic stamps records itself; else -1.</param>
internal readonly record struct AppendResult(ErrorCode ErrorCode, long BaseOffset, long LogAppendTime, string? Message = null)
{
    public static AppendResult Refused(ErrorCode error, string why) => new(error, -1, -1, why);
}
