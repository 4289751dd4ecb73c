using System.Text.Unicode;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Records as RFC 4180 has them, the first of which names the columns.</summary>
public sealed class CsvReader(Stream text, byte separator, TimeProvider time) : IRowReader
{
    private static readonly Rejection Malformed = new(400, "invalid_csv", "text follows a closing quote; write a field with quotes as \"a \"\"b\"\" c\"");
    private static readonly Rejection Unclosed = new(400, "unclosed_quote", "a quote that is opened here is not closed up to the end of the file, and everything behind it was taken for its field; close it, or double it");

    private readonly TextRows _rows = new(text, separator, time);
    private readonly RowJson _json = new();
    private readonly List<CsvField> _fields = [];
    private byte[] _unquoted = [];
    private CsvHeader? _header;

    public async Task<Rejection?> OpenAsync(CancellationToken cancel)
    {
        using var first = new RowBatch(maxRows: 1);
        await _rows.ReadAsync(first, long.MaxValue, cancel);
        if (first.Rows is not [var row]) return null;
        (_header, var refused) = CsvHeader.Read(first.Of(row), separator);
        return refused;
    }

    public Task<bool> SkipAsync(Place place, CancellationToken cancel) => _rows.SkipAsync(place, cancel);

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => _rows.ReadAsync(batch, long.MaxValue, cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = default;
        var raw = batch.Of(row);
        if (row.Unclosed) return Unclosed;
        if (!Utf8.IsValid(raw)) return Rejection.InvalidUtf8;
        if (!CsvFields.TrySplit(raw, separator, _fields)) return Malformed;
        if (_fields.Count != _header!.Columns) return new Rejection(400, "csv_columns", $"the row has {_fields.Count} fields, the header {_header.Columns}");
        _json.Clear();
        if (_header.Write(raw, _fields, _json.Writer, ref _unquoted) is { } rejected) return rejected;
        json = _json.Written;
        return null;
    }

    public ValueTask DisposeAsync()
    {
        _rows.Dispose();
        _json.Dispose();
        return ValueTask.CompletedTask;
    }
}
