using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Quarantining;
using Cdp.Ingestion.Sources;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;

namespace Cdp.Ingestion.Importing;

/// <summary>
/// Converts rows to records: events, or quarantine records of rejected rows. Either all events of a row are accepted or none, so that the row can be fixed and
/// sent again.
/// </summary>
public sealed class RowConverter
{
    // A mapping may turn small rows into large events, so a batch is committed in parts of about this size.
    private const int MaxPart = 4 * 1024 * 1024;

    private readonly IRowReader _reader;
    private readonly ImportRequest _request;
    private readonly Source _source;
    private readonly EventMapping? _mapping;
    private readonly MappingLimits _mappingLimits;
    private readonly byte[]? _defaultType;
    private readonly string _idPrefix;
    private readonly AvroCodec _codec;
    private readonly AvroWriter _record = new();
    private readonly string _prefix;

    // State of the current row: its events without those of suppressed users, and the record of a rejected event as far as it could be read.
    private readonly List<EncodedRecord> _events = [];
    private (QuarantinedEvent Record, string? Key)? _rejectedEvent;
    private byte[] _typed = [];

    public RowConverter(IRowReader reader, ImportRequest request, Source source, AvroCodec codec, string topicPrefix)
    {
        (_reader, _request, _source, _codec, _prefix) = (reader, request, source, codec, topicPrefix);
        _mapping = request.Mapping is { } name ? source.ImportMappings[name] : null;
        _mappingLimits = new MappingLimits(source.Limits.EventBytes, source.Limits.RequestBytes);
        _defaultType = request.Type is { } type ? Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",") : null;
        _idPrefix = IdPrefix(source.Id, request.FileId);
    }

    /// <summary>The beginning of generated messageIds, to which the line number is appended. It depends only on the source and the fileId.</summary>
    public static string IdPrefix(string sourceId, string fileId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{sourceId}/{fileId}"), hash);
        return Convert.ToHexStringLower(hash[..16]);
    }

    /// <summary>Converts the rows of a batch, in several parts if their events are large.</summary>
    public IEnumerable<ConvertedBatch> ConvertBatch(RowBatch batch, DateTime receivedAt, Suppressions suppressions)
    {
        var converted = new ConvertedBatch();
        for (var i = 0; i < batch.Rows.Count; i++)
        {
            var row = batch.Rows[i];
            _events.Clear();
            _rejectedEvent = null;
            var messageId = string.Create(CultureInfo.InvariantCulture, $"{_idPrefix}-{row.Line}");
            var receipt = _source.Receipt(receivedAt, ip: null) with { IsHistorical = true, MessageId = messageId };
            var rejection = ReadEvents(batch, row, receipt, suppressions, out var events);
            converted.Tally += rejection is not null ? Reject(batch, row, rejection, receipt, converted) : Accept(converted, events);
            if (converted.Bytes < MaxPart || i == batch.Rows.Count - 1 || row.End == default) continue;
            converted.End = row.End;
            yield return converted;
            converted = new ConvertedBatch();
        }
        (converted.End, converted.IsLast) = (batch.End, batch.IsLast);
        yield return converted;
    }

    private Rejection? ReadEvents(RowBatch batch, in Row row, Receipt receipt, Suppressions suppressions, out int events)
    {
        events = 1;
        if (row.IsCut) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (_reader.TryJson(batch, row, out var json) is { } rejected) return rejected;
        if (_mapping is null) return Add(_defaultType is null ? json : Typed(json), receipt, suppressions);
        if (json.Length > _source.Limits.EventBytes) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (!Utf8.IsValid(json)) return Rejection.InvalidUtf8;
        var mapped = Map(_mapping, json);
        if (mapped is null) return Rejection.InvalidJson;
        if (mapped.IsTooLarge)
        {
            var message = $"{mapped.Faults[0].Message}; change the mapping to produce less per row, or raise Limits:EventBytes or Limits:RequestBytes";
            return Rejection.EventTooLarge(_source.Limits.EventBytes) with { Message = message };
        }
        if (mapped.Faults.Count > 0) return new Rejection(400, "not_mapped", ErrorText.Join([.. mapped.Faults.Select(fault => fault.Message)]));
        events = mapped.Events.Count;
        for (var i = 0; i < events; i++)
        {
            var own = i == 0 ? receipt : receipt with { MessageId = string.Create(CultureInfo.InvariantCulture, $"{receipt.MessageId}-{i}") };
            if (Add(mapped.Events[i], own, suppressions) is { } refused) return refused;
        }
        return null;
    }

    private Rejection? Add(ReadOnlySpan<byte> json, Receipt receipt, Suppressions suppressions)
    {
        var limits = _source.Limits;
        // Checked first. Otherwise BatchReader would apply the limits of requests.
        if (json.Length > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        var unread = BatchReader.Read(json, Shape.Own, limits, out var submission);
        using var read = submission;
        if (unread is not null) return unread;
        var parser = new EventParser(submission, receipt, limits);
        if (parser.Begin(json) is { } refused) return refused;
        var parsed = parser.Parse(json, 0, _record);
        if (parsed.Rejected is { } rejected)
        {
            // Parsed for its messageId, type and key only. The quarantine record stores the bytes of the row.
            _rejectedEvent = (Quarantine.Record(json, submission, 0, rejected, receipt, most: 0), Quarantine.Key(json, submission, 0));
            return rejected;
        }
        var scanned = submission.Events[0];
        if (suppressions.Cover(scanned.UserId.Of(json, submission))) return null;
        var key = scanned.Key.Of(json, submission);
        var framed = _codec.Frame<CollectedEvent>(Topics.EventsCollected, _record.Written);
        _events.Add(new EncodedRecord(_prefix + Topics.EventsCollected.Name, key.IsEmpty ? null : key.ToArray(), framed));
        return null;
    }

    private Tally Accept(ConvertedBatch converted, int events)
    {
        foreach (var record in _events) converted.Add(record);
        if (events == 0) return new Tally { Ignored = 1 };
        return _events.Count == 0 ? new Tally { Suppressed = 1 } : new Tally { Accepted = 1, Events = _events.Count };
    }

    private Tally Reject(RowBatch batch, in Row row, Rejection rejection, Receipt receipt, ConvertedBatch converted)
    {
        if (_request.Format == ImportFormat.Ndjson) rejection = Locate(rejection, batch.Of(row));
        rejection = rejection with { Message = ErrorText.Message(rejection.Message) };
        var message = string.Create(CultureInfo.InvariantCulture, $"line {row.Line} of {_request.FileId}: {rejection.Message}");
        var original = _reader.WithoutWriteKey(batch, row);
        var record = Quarantine.Record(original, rejection with { Message = message }, receipt, QuarantineAllowance.Most(_source.Limits), row.Size);
        var known = _rejectedEvent?.Record;
        (record.messageId, record.type, record.@event) = (known?.messageId ?? receipt.MessageId, known?.type, known?.@event);
        if (_request.Format == ImportFormat.Csv) record.encoding = "csv";
        var encoded = _codec.Encode(Topics.EventsQuarantined, record);
        converted.Add(new EncodedRecord(_prefix + Topics.EventsQuarantined.Name, RecordKeys.Bytes(_rejectedEvent?.Key), encoded));
        converted.Faults.Add(new RowFault(row.Line, rejection));
        return new Tally { Rejected = 1 };
    }

    // Adds the position at which a line stops being JSON. A row is one line of the file, so a line number within the row would be misleading.
    private static Rejection Locate(Rejection rejection, ReadOnlySpan<byte> line)
    {
        if (rejection.Code != Rejection.InvalidJson.Code) return rejection;
        var reader = new Utf8JsonReader(line);
        try
        {
            while (reader.Read())
            {
                // Up to the token that throws.
            }
        }
        catch (JsonException e)
        {
            var position = e.BytePositionInLine.GetValueOrDefault() + 1;
            return rejection with { Message = string.Create(CultureInfo.InvariantCulture, $"{Rejection.InvalidJson.Message} at byte {position} of the line") };
        }
        return rejection;
    }

    // If a member occurs twice, the last one counts. So a default type inserted before all other members applies only to rows without a type.
    private ReadOnlySpan<byte> Typed(ReadOnlySpan<byte> json)
    {
        json = json.TrimStart(" \t\r\n"u8);
        if (json is not [(byte)'{', ..]) return json;
        var members = json[1..].TrimStart(" \t\r\n"u8);
        var prefix = members is [(byte)'}', ..] ? _defaultType.AsSpan(0, _defaultType!.Length - 1) : _defaultType;
        var length = prefix.Length + members.Length;
        if (_typed.Length < length) _typed = new byte[Math.Max(length, 2 * _typed.Length)];
        prefix.CopyTo(_typed);
        members.CopyTo(_typed.AsSpan(prefix.Length));
        return _typed.AsSpan(0, length);
    }

    private MappingResult? Map(EventMapping mapping, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EventScanner.MaxDepth });
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out var payload)) return null;
            using (payload) return reader.Read() ? null : mapping.Map(new Payload(payload.RootElement), _mappingLimits);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
