using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using cdp;
using Cdp.Contracts;
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
    private readonly List<(JudgedEvent Event, bool IsSuppressed)> _events = [];
    private readonly AvroWriter _record = new();
    private byte[] _typed = [];

    public RowJudge(IRowReader reader, ImportRequest request, Source source)
    {
        (_reader, _request, _source) = (reader, request, source);
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
            var receipt = new Receipt(_source.Id, receivedAt, Ip: null) { IsHistorical = true, MessageId = string.Create(CultureInfo.InvariantCulture, $"{_idPrefix}-{row.Line}") };
            var rejected = Judge(batch, row, receipt, judged, suppressions, out var isIgnored);
            judged.Tally += rejected is { } refusal ? Reject(batch, row, refusal, receipt, judged) : isIgnored ? new Tally { Ignored = 1 } : Accept(judged);
        }
        return judged;
    }

    private Refusal? Judge(RowBatch batch, in Row row, Receipt receipt, JudgedBatch judged, Suppressions suppressions, out bool isIgnored)
    {
        isIgnored = false;
        if (row.IsCut) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (_reader.TryJson(batch, row, out var json) is { } rejected) return rejected;
        if (_mapping is null) return Add(_defaultType is null ? json : Typed(json), receipt, judged, suppressions);
        if (json.Length > _source.Limits.EventBytes) return Rejection.EventTooLarge(_source.Limits.EventBytes);
        if (!Utf8.IsValid(json)) return Rejection.InvalidUtf8;
        var mapped = Map(_mapping, json);
        if (mapped is null) return Rejection.InvalidJson;
        if (mapped.Faults.Count > 0) return new Rejection(400, "not_mapped", string.Join("; ", mapped.Faults.Select(fault => fault.Message)));
        isIgnored = mapped.Events.Count == 0;
        for (var i = 0; i < mapped.Events.Count; i++)
        {
            var own = i == 0 ? receipt : receipt with { MessageId = string.Create(CultureInfo.InvariantCulture, $"{receipt.MessageId}-{i}") };
            if (Add(mapped.Events[i], own, judged, suppressions) is { } refused) return refused;
        }
        return null;
    }

    private Refusal? Add(ReadOnlySpan<byte> json, Receipt receipt, JudgedBatch judged, Suppressions suppressions)
    {
        var limits = _source.Limits;
        // Before anything else, which a limit of requests would be.
        if (json.Length > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        var unread = BatchReader.Read(json, Shape.Own, limits, out var submission);
        using (submission)
        {
            if (unread is not null) return unread;
            var parser = new EventParser(submission, receipt, limits);
            if (parser.Begin(json) is { } refused) return refused;
            var parsed = parser.Parse(json, 0, _record);
            var rejected = parsed.Rejected ?? (HasUnreadableTime(json, submission) ? UnreadableTime : null);
            if (rejected is not null) return new Refusal(rejected, Quarantine.Record(json, submission, 0, rejected, receipt), Quarantine.Key(json, submission, 0));
            if (parsed.ClockBounded) judged.ClocksBounded++;
            var scanned = submission.Events[0];
            _events.Add((new JudgedEvent(scanned.Key.Of(json, submission).ToArray(), _record.Written.ToArray()), suppressions.Cover(scanned.UserId.Of(json, submission))));
            return null;
        }
    }

    private Tally Accept(JudgedBatch judged)
    {
        var events = 0;
        foreach (var (collected, isSuppressed) in _events)
        {
            if (isSuppressed) continue;
            judged.Events.Add(collected);
            events++;
        }
        return events == 0 ? new Tally { Suppressed = 1 } : new Tally { Accepted = 1, Events = events };
    }

    private Tally Reject(RowBatch batch, in Row row, Refusal refusal, Receipt receipt, JudgedBatch judged)
    {
        var original = batch.Of(row);
        var record = refusal.Record ?? Quarantine.Record(original, refusal.Rejection, receipt);
        var cut = row.IsCut ? string.Create(CultureInfo.InvariantCulture, $"; only the first {row.Raw.Length} of its {row.Size} bytes are kept") : "";
        // The row as it stands in the file, not what was made of it.
        record.original = original.ToArray();
        record.violations[0].message = string.Create(CultureInfo.InvariantCulture, $"line {row.Line} of {_request.FileId}: {refusal.Rejection.Message}{cut}");
        record.messageId ??= receipt.MessageId;
        if (_request.Format == ImportFormat.Csv) record.encoding = "csv";
        judged.Quarantined.Add((refusal.Key, record));
        judged.Faults.Add(new RowFault(row.Line, refusal.Rejection));
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
    private static Rejection UnreadableTime => new(400, "unreadable_time", "timestamp or originalTimestamp is not a time such as 2024-06-01T12:00:00Z");

    private static bool HasUnreadableTime(ReadOnlySpan<byte> json, Submission submission)
    {
        var scanned = submission.Events[0];
        if (scanned.Timestamp is not null || scanned.OriginalTimestamp is not null) return false;
        foreach (var extra in submission.Extras)
        {
            var member = extra.Of(json);
            if (member.StartsWith("\"timestamp\""u8) || member.StartsWith("\"originalTimestamp\""u8)) return true;
        }
        return false;
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

    // Why a row is rejected, and what could be read of it.
    private readonly record struct Refusal(Rejection Rejection, QuarantinedEvent? Record, string? Key)
    {
        public static implicit operator Refusal(Rejection rejection) => new(rejection, null, null);
    }
}
