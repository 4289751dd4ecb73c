using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Reads NDJSON: one JSON object per line.</summary>
public sealed class NdjsonReader(Stream text, bool endsRows, TimeProvider time) : IRowReader
{
    private readonly TextRows _rows = new(text, separator: null, endsRows, time);

    public Task<Rejection?> OpenAsync(CancellationToken cancel) => Task.FromResult<Rejection?>(null);

    public Task<bool> SkipAsync(FilePosition position, CancellationToken cancel) => _rows.SkipAsync(position, cancel);

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => _rows.ReadAsync(batch, long.MaxValue, cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = batch.Of(row);
        return null;
    }

    public ReadOnlySpan<byte> WithoutWriteKey(RowBatch batch, in Row row) => batch.Of(row);

    public ValueTask DisposeAsync()
    {
        _rows.Dispose();
        return ValueTask.CompletedTask;
    }
}
