using System.Globalization;
using System.Text;
using System.Text.Json;
using Cdp.Ingestion.Parsing;
using DuckDB.NET.Data;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Rows of Parquet as JSON objects, nested where the columns are or have dots in their names. Members that are null are left out. The file is kept on
/// disk meanwhile; what is in memory is bounded by DuckDB, which reads it page by page.
/// </summary>
public sealed class ParquetReader(Stream body, ImportOptions options) : IRowReader
{
    private readonly RowJson _json = new();

    // Drawn anew for each file, so that no text of it begins with it.
    private readonly string _mark = Guid.NewGuid().ToString("N");
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
        _json.Clear();
        Write(batch.Of(row), _json.Writer);
        json = _json.Written;
        return null;
    }

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
        _command!.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT to_json({_select})::VARCHAR FROM read_parquet({ParquetType.Quote(_file!.Path)}, file_row_number = true) WHERE file_row_number >= {_row}");
        _command.UseStreamingMode = true;
        return _command.ExecuteReader();
    }

    // A table has every column in every row: a member that is null is one that the row does not have. Decimals become numbers again.
    private void Write(ReadOnlySpan<byte> row, Utf8JsonWriter json)
    {
        var reader = new Utf8JsonReader(row, new JsonReaderOptions { MaxDepth = 1_000 });
        Span<byte> mark = stackalloc byte[_mark.Length];
        Encoding.ASCII.GetBytes(_mark, mark);
        string? name = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.GetString();
                continue;
            }
            if (name is not null && reader.TokenType != JsonTokenType.Null) json.WritePropertyName(name);
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: json.WriteStartObject(); break;
                case JsonTokenType.EndObject: json.WriteEndObject(); break;
                case JsonTokenType.StartArray: json.WriteStartArray(); break;
                case JsonTokenType.EndArray: json.WriteEndArray(); break;
                case JsonTokenType.Null when name is not null: break;
                case JsonTokenType.String when reader.ValueSpan.StartsWith(mark): json.WriteRawValue(reader.ValueSpan[mark.Length..], skipInputValidation: true); break;
                default: json.WriteRawValue(row[(int)reader.TokenStartIndex..(int)reader.BytesConsumed], skipInputValidation: true); break;
            }
            name = null;
        }
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

    private string Sql(ColumnNode node, List<string> names, List<ParquetType> types) => node.Column >= 0
        ? types[node.Column].Json($"\"{names[node.Column].Replace("\"", "\"\"", StringComparison.Ordinal)}\"", _mark)
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
