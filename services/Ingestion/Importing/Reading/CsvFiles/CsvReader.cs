using System.Text.Unicode;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading.CsvFiles;

/// <summary>Reads CSV (RFC 4180). The first row names the columns.</summary>
public sealed class CsvReader(Stream text, byte separator, bool endsRows, TimeProvider time) : IRowReader
{
    private static readonly Rejection Malformed = new(400, "invalid_csv", "text follows a closing quote; write a field with quotes as \"a \"\"b\"\" c\"");

    private static readonly Rejection Unclosed = new(
        400, "unclosed_quote", "a quote opened in this row is never closed, so the rest of the file was read as one field; close the quote, or double it");

    private static readonly Rejection BareReturn = new(
        400,
        "invalid_csv",
        "the row has a carriage return outside quotes; end rows with LF or CR LF, and put a field that contains a carriage return in quotes");

    private readonly TextRows _rows = new(text, separator, endsRows, time);
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
        return refused ?? (row.IsCut ? CsvHeader.TooLong : null);
    }

    public Task<bool> SkipAsync(FilePosition position, CancellationToken cancel) => _rows.SkipAsync(position, cancel);

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => _rows.ReadAsync(batch, long.MaxValue, cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = default;
        var raw = batch.Of(row);
        if (row.Unclosed) return Unclosed;
        if (!Utf8.IsValid(raw)) return Rejection.InvalidUtf8;
        if (!CsvFields.TrySplit(raw, separator, _fields)) return Malformed;
        if (HasBareReturn(raw)) return BareReturn;
        if (_fields.Count != _header!.Columns) return WrongColumns(_fields.Count, _header.Columns);
        _json.Clear();
        if (_header.Write(raw, _fields, _json.Writer, ref _unquoted) is { } rejected) return rejected;
        json = _json.Written;
        return null;
    }

    public ReadOnlySpan<byte> WithoutWriteKey(RowBatch batch, in Row row)
    {
        var raw = batch.Of(row);
        if (_header!.WriteKeyColumn is not { } column) return raw;
        // If the columns cannot be told apart, the key may be anywhere in the row, so nothing is kept.
        if (row.Unclosed || row.IsCut || !CsvFields.TrySplit(raw, separator, _fields) || _fields.Count != _header.Columns) return [];
        var masked = raw.ToArray();
        masked.AsSpan(_fields[column].Slice.Start, _fields[column].Slice.Length).Fill((byte)'*');
        return masked;
    }

    private static Rejection WrongColumns(int fields, int columns) => new(
        400,
        "csv_columns",
        $"the row has {fields} fields but the header has {columns}; put a field that contains the separator or a line break in quotes");

    private bool HasBareReturn(ReadOnlySpan<byte> row)
    {
        if (!row.Contains((byte)'\r')) return false;
        foreach (var field in _fields)
        {
            if (!field.IsQuoted && field.Slice.Of(row).Contains((byte)'\r')) return true;
        }
        return false;
    }

    public ValueTask DisposeAsync()
    {
        _rows.Dispose();
        _json.Dispose();
        return ValueTask.CompletedTask;
    }
}
