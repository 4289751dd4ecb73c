using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Validation;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Partitions;

internal sealed partial class PartitionLog
{
    /// <summary>
    /// Validates the records of a batch, and recompresses them if the topic has its own codec. The records are decoded only for a compacted topic or to change
    /// the codec; otherwise their structure is checked in place. A compressed batch that is stored as received is not inspected. Kafka, in contrast, decodes
    /// every batch.
    /// </summary>
    private AppendResult? Validate(ref ReadOnlyMemory<byte> batch, ref BatchHeader header)
    {
        var settings = _settings; // another thread may replace it
        var codec = settings.Compression ?? header.Codec;
        List<BatchRecord>? records = null;
        if (settings.Compact || codec != header.Codec)
        {
            (records, var refusal) = Decode(header, batch);
            if (records is null) return refusal;
        }
        else if (!header.IsCompressed && RecordStructure.Problem(header, batch.Span) is { } malformed)
            return AppendResult.Refused(ErrorCode.InvalidRecord, malformed);

        if (settings.Compact && RecordValidation.Keyless(records!) is { Count: > 0 } keyless)
        {
            var problem = $"{keyless.Count} of {records!.Count} records have no key, which a compacted topic requires";
            return AppendResult.Refused(ErrorCode.InvalidRecord, problem) with { RecordErrors = keyless };
        }
        if (TimestampRange.Problem(header, batch.Span, records, settings, Now) is { } badTimestamp)
            return AppendResult.Refused(ErrorCode.InvalidTimestamp, badTimestamp);
        if (codec != header.Codec)
        {
            batch = BatchRewrite.With(header, batch.Span, records!, codec, deleteHorizon: null, settings.CompressionLevel);
            BatchHeader.TryRead(batch.Span, out header);
            if (header.Bytes > settings.MaxMessageBytes)
                return AppendResult.Refused(
                    ErrorCode.MessageTooLarge,
                    $"compressed with {codec}, the record batch has {header.Bytes} bytes; max.message.bytes is {settings.MaxMessageBytes}");
        }
        return header.Bytes <= settings.SegmentBytes ? null
            : AppendResult.Refused(ErrorCode.RecordListTooLarge, $"the record batch has {header.Bytes} bytes; segment.bytes is {settings.SegmentBytes}");
    }

    // Kafka has no error code for data that its codecs cannot decompress, and responds with UNKNOWN_SERVER_ERROR.
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
