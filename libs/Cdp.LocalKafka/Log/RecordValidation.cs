using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What Kafka's LogValidator checks of the single records of a produced batch. Pure.</summary>
internal static class RecordValidation
{
    private const long NoTimestamp = -1;

    /// <summary>The records for whose sake the whole batch is refused, and with which error; none when it may be stored.</summary>
    public static (ErrorCode Error, List<RecordError> Errors) Check(in BatchHeader header, IReadOnlyList<BatchRecord> records, bool compact, bool logAppendTime)
    {
        var (error, errors) = (ErrorCode.None, new List<RecordError>());
        for (var i = 0; i < records.Count; i++)
        {
            if (compact && records[i].Key is null)
            {
                errors.Add(new RecordError(i, "a record of a compacted topic needs a key"));
                if (error == ErrorCode.None) error = ErrorCode.InvalidRecord;
            }
            else if (header.IsLogAppendTime && (logAppendTime || records[i].Timestamp == NoTimestamp))
            {
                errors.Add(new RecordError(i, "log-append time is for the broker to set"));
                error = ErrorCode.InvalidTimestamp;
            }
        }
        return (error, errors);
    }
}
