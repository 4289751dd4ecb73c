using System.Globalization;
using System.Text;
using Cdp.Ingestion.Parsing;
using DuckDB.NET.Data;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Rows of Parquet as JSON objects, nested where the columns are or have dots in their names. Members that are null are left out. The file is kept on
/// disk meanwhile; what is in memory is bounded by DuckDB, which reads it page by page.
/// </summary>
public sealed class ParquetReader(Stream body, ImportOptions options) : IRowReader
{
    private SpoolFile? _file;
    private DuckDBConnection? _connection;
    private DuckDBCommand? _command;
    private DuckDBDataReader? _rows;
    private string _select = "";
    private long _row;

    public async Task<Rejection?> OpenAsync(CancellationToken cancel)
    {
        (_file, var refused) = await SpoolFile.WriteAsync(body, options.Folder, options.SpoolBytes, cancel);
        if (refused is not null) return refused;
        if (_file!.Length == 0) return Rejection.EmptyBody;
        return await Task.Run(Open, cancel);
    }

    public Task<bool> SkipAsync(Place place, CancellationToken cancel)
    {
        _row = place.Position;
        return Task.FromResult(place.Hash.Span.SequenceEqual(_file!.Hash));
    }

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => Task.Run(() => Read(batch, cancel), cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = batch.Of(row);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_rows is not null) await _rows.DisposeAsync();
        if (_command is not null) await _command.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
        _file?.Dispose();
    }

    private Rejection? Open()
    {
        try
        {
            _connection = new DuckDBConnection("Data Source=:memory:");
            _connection.Open();
            _command = _connection.CreateCommand();
            // One thread and the order of the file: rows have numbers. Nothing is loaded from anywhere, nothing else is written to disk.
            _command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SET threads = 1; SET preserve_insertion_order = true; SET memory_limit = '{options.ParquetMemoryBytes} B'; SET temp_directory = ''; SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false; SET autoload_known_extensions = false");
            _command.ExecuteNonQuery();
            var (names, types) = Describe(_command, _file!.Path);
            var faults = new List<string>();
            var members = ColumnTree.Read(names, faults);
            if (faults.Count > 0) return new Rejection(400, "invalid_parquet_columns", $"the columns cannot be made members of events: {string.Join("; ", faults)}");
            _select = ParquetType.Struct(members.Select(member => (member.Name.Value, Sql(member, names, types))));
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
                var json = Encoding.UTF8.GetBytes(_rows.GetString(0));
                batch.Add(++_row, [], json.AsSpan(0, Math.Min(json.Length, RowSplitter.MaxRow)), json.Length);
            }
            batch.End = new Place(_row, _row, _file!.Hash);
        }
        catch (DuckDBException e)
        {
            throw new BrokenFileException(Broken(e), e);
        }
    }

    private DuckDBDataReader Begin()
    {
        // The patch that changes nothing drops what is null (RFC 7396).
        _command!.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT json_merge_patch('{{}}', to_json({_select}))::VARCHAR FROM read_parquet({ParquetType.Quote(_file!.Path)}, file_row_number = true) WHERE file_row_number >= {_row}");
        _command.UseStreamingMode = true;
        return _command.ExecuteReader();
    }

    private static (List<string> Names, List<ParquetType> Types) Describe(DuckDBCommand command, string path)
    {
        command.CommandText = $"DESCRIBE SELECT * FROM read_parquet({ParquetType.Quote(path)})";
        using var columns = command.ExecuteReader();
        var (names, types) = (new List<string>(), new List<ParquetType>());
        while (columns.Read())
        {
            names.Add(columns.GetString(0));
            types.Add(ParquetType.Read(columns.GetString(1)));
        }
        return (names, types);
    }

    private static string Sql(ColumnNode node, List<string> names, List<ParquetType> types) => node.Column >= 0
        ? types[node.Column].Json($"\"{names[node.Column].Replace("\"", "\"\"", StringComparison.Ordinal)}\"")
        : ParquetType.Struct(node.Members.Select(member => (member.Name.Value, Sql(member, names, types))));

    private Rejection Broken(DuckDBException e)
    {
        // Its first line says what is wrong, and may name our file, which means nothing to a sender.
        var reason = e.Message.Split('\n')[0].Replace(_file!.Path, "the file", StringComparison.Ordinal);
        return reason.Contains("Out of Memory", StringComparison.OrdinalIgnoreCase)
            ? new Rejection(413, "pages_too_large", $"its pages do not fit into {options.ParquetMemoryBytes} bytes (Imports:ParquetMemoryBytes); write it with pages of about 1 MiB, as most writers do by default: {reason}")
            : new Rejection(400, "invalid_parquet", $"it cannot be read as Parquet: {reason}");
    }
}
