using System.Buffers;
using System.Text.Json;
using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>What an upload has done so far, as the lines of its answer tell it. Only what is in the log is counted. Safe for the two threads that write and tell.</summary>
public sealed class ImportReport
{
    private const int MaxFaults = 1_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = Reading.RowJson.Encoder };

    private readonly Lock _lock = new();
    private readonly List<RowFault> _faults = [];
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly Checkpoint _start;
    private Checkpoint _reached;
    private Tally _tally;

    public ImportReport(Checkpoint start) => (_start, _reached) = (start, start);

    /// <summary>Whether anything of this upload is in the log.</summary>
    public bool HasAdded
    {
        get
        {
            lock (_lock) return _tally.Rows > 0;
        }
    }

    public Checkpoint Reached
    {
        get
        {
            lock (_lock) return _reached;
        }
    }

    /// <summary>Adds a batch that is in the log.</summary>
    public void Add(JudgedBatch batch, Checkpoint after)
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

    /// <summary>A line that tells how far it is.</summary>
    public byte[] Progress() => Line(WriteCounts);

    /// <summary>The last line.</summary>
    /// <param name="fileId">The file.</param>
    /// <param name="brokenOff">Why it ends before the file does; null: all of it is in the log.</param>
    public byte[] Ledger(string fileId, Rejection? brokenOff) => Line(json =>
    {
        json.WriteBoolean("success", brokenOff is null);
        json.WriteString("fileId", fileId);
        WriteCounts(json);
        if (brokenOff is not null)
        {
            json.WriteStartObject("error");
            json.WriteString("code", brokenOff.Code);
            json.WriteString("message", brokenOff.Message);
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
        if (_reached.Format != "parquet") json.WriteNumber("bytes", _reached.End.Position);
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
