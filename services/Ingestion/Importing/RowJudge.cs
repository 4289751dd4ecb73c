using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;

namespace Cdp.Ingestion.Importing;

/// <summary>Turns rows into events, or says why not. A row is taken whole or not at all, so that it can be mended and sent again.</summary>
public sealed class RowJudge
{
    private readonly IRowReader _reader;
    private readonly ImportRequest _request;
    private readonly Source _source;
    private readonly EventMapping? _mapping;
    private readonly byte[]? _defaultType;
    private readonly string _idPrefix;
    private readonly AvroCodec _codec;
    private readonly AvroWriter _record = new();
    private readonly string _prefix;

    // Of the row at hand: its events, none of a suppressed user, and what is known of one that was rejected.
    private readonly List<Encoded> _events = [];
    private (QuarantinedEvent Record, string? Key)? _known;
    private byte[] _typed = [];

    public RowJudge(IRowReader reader, ImportRequest request, Source source, AvroCodec codec, string topicPrefix)
    {
        (_reader, _request, _source, _codec, _prefix) = (reader, request, source, codec, topicPrefix);
        _mapping = request.Mapping is { } name ? source.ImportMappings[name] : null;
        _defaultType = request.Type is { } type ? Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",") : null;
        _idPrefix = IdPrefix(source.Id, request.FileId);
    }

    /// <summary>What the messageIds of a file's rows begin with, unless a row brings its own: the same for the same file of the same source. The line follows.</summary>
    public static string IdPrefix(string sourceId, string fileId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{sourceId}/{fileId}"), hash);
        return Convert.ToHexStringLower(hash[..16]);
    }

    public JudgedBatch Judge(RowBatch batch, DateTime receivedAt, Suppressions suppressions)
    {
        var judged = new JudgedBatch();
        foreach (var row in batch.Rows)
        {
            _events.Clear();
            _known = null;
            var receipt = new Receipt(_source.Id, receivedAt, Ip: null) { IsHistorical = true, MessageId = string.Create(CultureInfo.InvariantCulture, $"{_idPrefix}-{row.Line}") };
            var rejection = Judge(batch, row, receipt, suppressions, judged, out var events);
            judged.Tally += rejection is not null ? Reject(batch, row, rejection, receipt, judged) : Accept(judged, events);
        }
        return judged;
    }

    private Rejection? Judge(RowBatch batch, in Row row, Receipt receipt, Suppressions suppressions, JudgedBatch judged, out int events)
    {
        events = 1;
        if (row.IsCut) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (_reader.TryJson(batch, row, out var json) is { } rejected) return rejected;
        if (_mapping is null) return Add(_defaultType is null ? json : Typed(json), receipt, suppressions, judged);
        if (json.Length > _source.Limits.EventBytes) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (!Utf8.IsValid(json)) return Rejection.InvalidUtf8;
        var mapped = Map(_mapping, json);
        if (mapped is null) return Rejection.InvalidJson;
        if (mapped.Faults.Count > 0) return new Rejection(400, "not_mapped", string.Join("; ", mapped.Faults.Select(fault => fault.Message)));
        events = mapped.Events.Count;
        for (var i = 0; i < events; i++)
        {
            var own = i == 0 ? receipt : receipt with { MessageId = string.Create(CultureInfo.InvariantCulture, $"{receipt.MessageId}-{i}") };
            if (Add(mapped.Events[i], own, suppressions, judged) is { } refused) return refused;
        }
        return null;
    }

    private Rejection? Add(ReadOnlySpan<byte> json, Receipt receipt, Suppressions suppressions, JudgedBatch judged)
    {
        var limits = _source.Limits;
        // Before anything else, which a limit of requests would be.
        if (json.Length > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        var unread = BatchReader.Read(json, Shape.Own, limits, out var submission);
        using var read = submission;
        if (unread is not null) return unread;
        var parser = new EventParser(submission, receipt, limits);
        if (parser.Begin(json) is { } refused) return refused;
        var parsed = parser.Parse(json, 0, _record);
        if ((parsed.Rejected ?? UnreadableTime(json, submission)) is { } rejected)
        {
            _known = (Quarantine.Record(json, submission, 0, rejected, receipt), Quarantine.Key(json, submission, 0));
            return rejected;
        }
        if (parsed.ClockBounded) judged.ClocksBounded++;
        var scanned = submission.Events[0];
        if (suppressions.Cover(scanned.UserId.Of(json, submission))) return null;
        var key = scanned.Key.Of(json, submission);
        _events.Add(new Encoded(_prefix + Topics.EventsCollected.Name, key.IsEmpty ? null : key.ToArray(), _codec.Frame<CollectedEvent>(Topics.EventsCollected, _record.Written)));
        return null;
    }

    private Tally Accept(JudgedBatch judged, int events)
    {
        judged.Records.AddRange(_events);
        if (events == 0) return new Tally { Ignored = 1 };
        return _events.Count == 0 ? new Tally { Suppressed = 1 } : new Tally { Accepted = 1, Events = _events.Count };
    }

    private Tally Reject(RowBatch batch, in Row row, Rejection rejection, Receipt receipt, JudgedBatch judged)
    {
        var cut = row.IsCut ? string.Create(CultureInfo.InvariantCulture, $"; only the first {row.Raw.Length} of its {row.Size} bytes are kept") : "";
        var message = string.Create(CultureInfo.InvariantCulture, $"line {row.Line} of {_request.FileId}: {rejection.Message}{cut}");
        var record = Quarantine.Record(batch.Of(row), rejection with { Message = message }, receipt);
        (record.messageId, record.type, record.@event) = (_known?.Record.messageId ?? receipt.MessageId, _known?.Record.type, _known?.Record.@event);
        if (_request.Format == ImportFormat.Csv) record.encoding = "csv";
        judged.Records.Add(new Encoded(_prefix + Topics.EventsQuarantined.Name, Keys.Bytes(_known?.Key), _codec.Encode(Topics.EventsQuarantined, record)));
        judged.Faults.Add(new RowFault(row.Line, rejection));
        return new Tally { Rejected = 1 };
    }

    // Of a member given twice the last counts, so a type before all others is the one of a row that names none.
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

    // What happened long ago would be taken for now.
    private static Rejection? UnreadableTime(ReadOnlySpan<byte> json, Submission submission)
    {
        var scanned = submission.Events[0];
        if (scanned.Timestamp is not null || scanned.OriginalTimestamp is not null) return null;
        foreach (var extra in submission.Extras)
        {
            var member = extra.Of(json);
            if (member.StartsWith("\"timestamp\""u8) || member.StartsWith("\"originalTimestamp\""u8)) return ImportRejections.UnreadableTime;
        }
        return null;
    }

    private static MappingResult? Map(EventMapping mapping, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EventScanner.MaxDepth });
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out var payload)) return null;
            using (payload) return reader.Read() ? null : mapping.Map(payload.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
