using System.Globalization;
using System.Text;
using System.Text.Json;
using Cdp.Ingestion.Parsing;
using DuckDB.NET.Data;

namespace Cdp.Ingestion.Importing.Reading.ParquetFiles;

/// <summary>Limits for reading a Parquet file.</summary>
/// <param name="Folder">The folder in which the file is stored while it is read.</param>
/// <param name="FileBytes">The largest file in bytes.</param>
/// <param name="MemoryBytes">The memory that DuckDB may use in bytes.</param>
public sealed record ParquetLimits(string Folder, long FileBytes, long MemoryBytes);

/// <summary>
/// Reads the rows of a Parquet file as JSON objects. Nested columns and columns with dots in their names become nested objects; null values are left out. The
/// file is stored on disk while it is read. DuckDB reads it page by page within a memory limit and returns each row as a JSON object keyed by column position;
/// the names come from the file's schema, because DuckDB would rename some of them.
/// </summary>
public sealed class ParquetReader(Stream body, ParquetLimits limits) : IRowReader
{
    private readonly RowJson _json = new();

    // A prefix that marks values in DuckDB's JSON. It is random, so that no text in the file begins with it.
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private SpoolFile? _file;
    private DuckDBConnection? _connection;
    private DuckDBCommand? _command;
    private DuckDBDataReader? _rows;
    private List<ColumnNode> _members = [];
    private string _from = "";
    private string _select = "";
    private long _row;

    public async Task<Rejection?> OpenAsync(CancellationToken cancel)
    {
        (_file, var refused) = await SpoolFile.WriteAsync(body, limits.Folder, limits.FileBytes, cancel);
        if (refused is not null) return refused;
        if (_file!.Length == 0) return Rejection.EmptyBody;
        return await Task.Run(Open, cancel);
    }

    public Task<bool> SkipAsync(FilePosition position, CancellationToken cancel)
    {
        _row = position.Bytes;
        return Task.FromResult(position.Hash.Span.SequenceEqual(_file!.Hash));
    }

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => Task.Run(() => Read(batch, cancel), cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = batch.Of(row);
        return null;
    }

    public ReadOnlySpan<byte> WithoutWriteKey(RowBatch batch, in Row row) => batch.Of(row);

    public async ValueTask DisposeAsync()
    {
        if (_rows is not null) await _rows.DisposeAsync();
        if (_command is not null) await _command.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
        _json.Dispose();
        _file?.Dispose();
    }

    private Rejection? Open()
    {
        try
        {
            _connection = new DuckDBConnection("Data Source=:memory:");
            _connection.Open();
            _command = _connection.CreateCommand();
            // One thread in the order of the file, because rows are identified by number. DuckDB must not download extensions or write temporary files.
            var settings = string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SET threads = 1;
                SET preserve_insertion_order = true;
                SET memory_limit = '{limits.MemoryBytes} B';
                SET temp_directory = '';
                SET TimeZone = 'UTC';
                SET autoinstall_known_extensions = false;
                SET autoload_known_extensions = false
                """);
            _command.CommandText = settings;
            _command.ExecuteNonQuery();
            var faults = new List<string>();
            var names = ParquetSchema.Columns(ReadSchema(_command), faults);
            if (faults.Count == 0) _members = ColumnTree.Read(names, faults);
            if (faults.Count > 0) return new Rejection(400, "invalid_parquet_columns", $"the columns cannot be converted to events: {ErrorText.Join(faults)}");
            // With hive_partitioning, DuckDB would add a column for a folder whose name contains an equals sign.
            var columns = string.Join(", ", Enumerable.Range(0, names.Count).Select(Column));
            _from = $"read_parquet({ParquetType.Quote(_file!.Path)}, hive_partitioning = false) AS t({columns})";
            var types = ReadTypes(_command);
            _select = ParquetType.Struct(ColumnTree.Order(_members).Select(column => (Column(column), types[column].Json(Column(column), _mark))));
            return null;
        }
        catch (DuckDBException e)
        {
            return Broken(e);
        }
    }

    private void Read(RowBatch batch, CancellationToken cancel)
    {
        try
        {
            _rows ??= Begin();
            while (!batch.IsFull)
            {
                cancel.ThrowIfCancellationRequested();
                if (!_rows.Read())
                {
                    batch.IsLast = true;
                    break;
                }
                var json = Json(Encoding.UTF8.GetBytes(_rows.GetString(0)));
                _row++;
                batch.Add(_row, [], json[..Math.Min(json.Length, RowSplitter.MaxRow)], json.Length);
                batch.EndRow(new FilePosition(_row, _row, _file!.Hash));
            }
            batch.End = new FilePosition(_row, _row, _file!.Hash);
        }
        catch (DuckDBException e)
        {
            throw new BrokenFileException(Broken(e), e);
        }
    }

    private ReadOnlySpan<byte> Json(byte[] values)
    {
        try
        {
            _json.Clear();
            ParquetRow.Write(values, _members, _mark, _json.Writer);
            return _json.Written;
        }
        catch (JsonException)
        {
            // A JSON value in the row is nested deeper than an event may be. The value is returned unchanged, so that the row is rejected because of its depth.
            return values;
        }
    }

    private DuckDBDataReader Begin()
    {
        _command!.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT to_json({_select})::VARCHAR FROM (SELECT * FROM {_from} OFFSET {_row})");
        _command.UseStreamingMode = true;
        return _command.ExecuteReader();
    }

    private List<ParquetElement> ReadSchema(DuckDBCommand command)
    {
        command.CommandText =
            $"""
            SELECT name, coalesce(num_children, 0)::INTEGER, coalesce(logical_type, ''), coalesce(converted_type, ''), coalesce(precision, 0)::INTEGER
            FROM parquet_schema({ParquetType.Quote(_file!.Path)})
            """;
        using var found = command.ExecuteReader();
        var elements = new List<ParquetElement>();
        while (found.Read())
        {
            elements.Add(new ParquetElement(found.GetString(0), found.GetInt32(1), found.GetString(2), found.GetString(3), found.GetInt32(4)));
        }
        return elements;
    }

    private List<ParquetType> ReadTypes(DuckDBCommand command)
    {
        command.CommandText = $"DESCRIBE SELECT * FROM {_from}";
        using var columns = command.ExecuteReader();
        var types = new List<ParquetType>();
        while (columns.Read()) types.Add(ParquetType.Read(columns.GetString(1)));
        return types;
    }

    private static string Column(int column) => string.Create(CultureInfo.InvariantCulture, $"c{column}");

    private Rejection Broken(DuckDBException e)
    {
        // The first line says what is wrong. It may contain the path of the temporary file, which means nothing to the sender, and values of any length.
        var reason = ErrorText.Message(e.Message.Split('\n')[0].Replace(_file!.Path, "the file", StringComparison.Ordinal));
        if (reason.Contains("Out of Memory", StringComparison.OrdinalIgnoreCase))
        {
            return new Rejection(
                413,
                "pages_too_large",
                $"its pages do not fit into {limits.MemoryBytes} bytes (Imports:ParquetMemoryBytes); "
                + $"write the file with pages of about 1 MiB, the default of most writers: {reason}");
        }
        var place = _row == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" after row {_row}");
        return new Rejection(400, "invalid_parquet", $"it cannot be read as Parquet{place}; write the file again, or send it as NDJSON or CSV: {reason}");
    }
}
