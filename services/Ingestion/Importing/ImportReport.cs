using System.Buffers;
using System.Text.Json;
using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>
/// The progress of an upload and its final summary, as lines of the response. It counts only rows that are committed to Kafka. Thread-safe: one thread imports
/// while another reports.
/// </summary>
public sealed class ImportReport
{
    private const int MaxFaults = 1_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = RowJson.Encoder };

    private readonly Lock _lock = new();
    private readonly List<RowFault> _faults = [];
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly Checkpoint _start;
    private Checkpoint _reached;
    private Tally _tally;

    public ImportReport(Checkpoint start) => (_start, _reached) = (start, start);

    /// <summary>Whether any row of this upload has been committed.</summary>
    public bool HasAdded
    {
        get
        {
            lock (_lock) return _tally.Rows > 0;
        }
    }

    /// <summary>The checkpoint of the last committed batch.</summary>
    public Checkpoint Reached
    {
        get
        {
            lock (_lock) return _reached;
        }
    }

    /// <summary>Adds a batch that has been committed.</summary>
    public void Add(ConvertedBatch batch, Checkpoint after)
    {
        lock (_lock)
        {
            _reached = after;
            _tally += batch.Tally;
            foreach (var fault in batch.Faults)
            {
                if (_faults.Count < MaxFaults) _faults.Add(fault);
                _reasons[fault.Rejection.Code] = _reasons.GetValueOrDefault(fault.Rejection.Code) + 1;
            }
        }
    }

    /// <summary>A progress line.</summary>
    public byte[] Progress() => Line(WriteCounts);

    /// <summary>Whether rows of the file were rejected and none was accepted, in this upload and earlier ones together.</summary>
    public bool NoneAccepted
    {
        get
        {
            lock (_lock) return _reached is { Accepted: 0, Rejected: > 0 };
        }
    }

    /// <summary>The last line of the response.</summary>
    /// <param name="fileId">The id of the file.</param>
    /// <param name="failure">Why the import was aborted, or that no row was accepted; null if the whole file was imported.</param>
    public byte[] Summary(string fileId, Rejection? failure) => Line(json =>
    {
        json.WriteBoolean("success", failure is null);
        json.WriteString("fileId", fileId);
        WriteCounts(json);
        if (failure is not null)
        {
            json.WriteStartObject("error");
            json.WriteString("code", failure.Code);
            json.WriteString("message", failure.Message);
            json.WriteEndObject();
        }
        json.WriteStartObject("file");
        json.WriteNumber("lines", _reached.End.Lines);
        json.WriteNumber("accepted", _reached.Accepted);
        json.WriteNumber("rejected", _reached.Rejected);
        json.WriteNumber("events", _reached.Events);
        json.WriteBoolean("complete", _reached.IsComplete);
        json.WriteEndObject();
        json.WriteStartObject("reasons");
        foreach (var (code, count) in _reasons) json.WriteNumber(code, count);
        json.WriteEndObject();
        json.WriteStartArray("faults");
        foreach (var (line, rejection) in _faults)
        {
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("code", rejection.Code);
            json.WriteString("message", rejection.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private void WriteCounts(Utf8JsonWriter json)
    {
        json.WriteNumber("read", _start.Rows + _tally.Rows);
        json.WriteNumber("skipped", _start.Rows);
        json.WriteNumber("accepted", _tally.Accepted);
        json.WriteNumber("rejected", _tally.Rejected);
        json.WriteNumber("ignored", _tally.Ignored);
        json.WriteNumber("suppressed", _tally.Suppressed);
        json.WriteNumber("events", _tally.Events);
        if (_reached.Format != "parquet") json.WriteNumber("bytes", _reached.End.Bytes);
    }

    private byte[] Line(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            lock (_lock)
            {
                json.WriteStartObject();
                members(json);
                json.WriteEndObject();
            }
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
