using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

internal sealed partial class PartitionLog
{
    /// <summary>
    /// Looks at the records of a batch, and compresses them anew where the topic has a codec of its own. They are walked once: decoded for
    /// a compacted topic or another codec, else as they lie there. What is to be stored compressed as it came is stored without a look
    /// inside, unlike in Kafka, which decodes each batch.
    /// </summary>
    private AppendResult? Validate(ref ReadOnlyMemory<byte> batch, ref BatchHeader header)
    {
        var settings = _settings; // it may be exchanged meanwhile
        var codec = settings.Compression ?? header.Codec;
        List<BatchRecord>? records = null;
        if (settings.Compact || codec != header.Codec)
        {
            (records, var refusal) = Decode(header, batch);
            if (records is null) return refusal;
        }
        else if (!header.IsCompressed && RecordStructure.Problem(header, batch.Span) is { } malformed) return AppendResult.Refused(ErrorCode.InvalidRecord, malformed);

        if (settings.Compact && RecordValidation.Keyless(records!) is { Count: > 0 } keyless)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"{keyless.Count} of {records!.Count} records have no key, which a compacted topic needs") with { RecordErrors = keyless };
        if (TimestampRange.Problem(header, batch.Span, records, settings, Now) is { } untimely) return AppendResult.Refused(ErrorCode.InvalidTimestamp, untimely);
        if (codec != header.Codec)
        {
            batch = BatchRewrite.With(header, batch.Span, records!, codec, deleteHorizon: null, settings.CompressionLevel);
            BatchHeader.TryRead(batch.Span, out header);
            if (header.Bytes > settings.MaxMessageBytes)
                return AppendResult.Refused(ErrorCode.MessageTooLarge, $"a record batch of {header.Bytes} bytes as {codec}; max.message.bytes is {settings.MaxMessageBytes}");
        }
        return header.Bytes <= settings.SegmentBytes ? null
            : AppendResult.Refused(ErrorCode.RecordListTooLarge, $"a record batch of {header.Bytes} bytes; segment.bytes is {settings.SegmentBytes}");
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
