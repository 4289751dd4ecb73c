using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

internal sealed partial class PartitionLog
{
    /// <summary>
    /// Looks at the records of a batch where the topic or the batch makes that necessary, and compresses them anew where the topic has
    /// a codec of its own. Everything else is stored without a look inside, unlike in Kafka, which decodes each batch.
    /// </summary>
    private AppendResult? Validate(ref ReadOnlyMemory<byte> batch, ref BatchHeader header)
    {
        var codec = _settings.Compression ?? header.Codec;
        if (!_settings.Compact && codec == header.Codec && !header.IsLogAppendTime) return null;

        var (records, refusal) = Decode(header, batch);
        if (records is null) return refusal;
        var (error, errors) = RecordValidation.Check(header, records, _settings.Compact, _settings.LogAppendTime);
        if (errors.Count > 0)
            return AppendResult.Refused(error, $"{errors.Count} of {records.Count} records are refused, the first because {errors[0].Message}") with { RecordErrors = errors };
        if (codec == header.Codec) return null;

        var recoded = BatchRewrite.With(header, batch.Span, records, codec, deleteHorizon: null);
        batch = recoded;
        BatchHeader.TryRead(recoded, out header);
        return header.Bytes <= _settings.MaxMessageBytes ? null : AppendResult.Refused(
            ErrorCode.MessageTooLarge, $"a record batch of {header.Bytes} bytes as {codec}; max.message.bytes is {_settings.MaxMessageBytes}");
    }

    // Kafka has no error of its own for bytes that its codecs do not take, and answers as to any failure of its own.
    private static (List<BatchRecord>? Records, AppendResult? Refusal) Decode(in BatchHeader header, ReadOnlyMemory<byte> batch)
    {
        var error = ErrorCode.UnknownServerError;
        try
        {
            var records = batch[BatchHeader.Size..];
            if (header.IsCompressed) records = Compression.Decompress(header.Codec, records.Span, Compression.MaxRecordsBytes);
            error = ErrorCode.InvalidRecord;
            return (BatchRecords.Parse(header, records), null);
        }
        catch (InvalidDataException e)
        {
            return (null, AppendResult.Refused(error, e.Message));
        }
    }
}
