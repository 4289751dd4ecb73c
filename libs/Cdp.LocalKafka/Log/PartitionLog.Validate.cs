using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

internal sealed partial class PartitionLog
{
    /// <summary>
    /// Looks at the records of a batch for a compacted topic, and compresses them anew where the topic has a codec of its own. Everything
    /// else is stored without a look inside, unlike in Kafka, which decodes each batch.
    /// </summary>
    private AppendResult? Validate(ref ReadOnlyMemory<byte> batch, ref BatchHeader header)
    {
        var settings = _settings; // it may be exchanged meanwhile
        var codec = settings.Compression ?? header.Codec;
        if (!settings.Compact && codec == header.Codec) return null;

        var (records, refusal) = Decode(header, batch);
        if (records is null) return refusal;
        if (settings.Compact && RecordValidation.Keyless(records) is { Count: > 0 } keyless)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"{keyless.Count} of {records.Count} records have no key, which a compacted topic needs") with { RecordErrors = keyless };
        if (codec == header.Codec) return null;

        var recoded = BatchRewrite.With(header, batch.Span, records, codec, deleteHorizon: null);
        batch = recoded;
        BatchHeader.TryRead(recoded, out header);
        return header.Bytes <= settings.MaxMessageBytes ? null : AppendResult.Refused(
            ErrorCode.MessageTooLarge, $"a record batch of {header.Bytes} bytes as {codec}; max.message.bytes is {settings.MaxMessageBytes}");
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
