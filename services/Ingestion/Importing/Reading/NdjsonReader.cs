using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A JSON object a line.</summary>
public sealed class NdjsonReader(Stream text, TimeProvider time) : IRowReader
{
    private readonly TextRows _rows = new(text, separator: null, time);

    public Task<Rejection?> OpenAsync(CancellationToken cancel) => Task.FromResult<Rejection?>(null);

    public Task<bool> SkipAsync(Place place, CancellationToken cancel) => _rows.SkipAsync(place, cancel);

    public Task ReadAsync(RowBatch batch, CancellationToken cancel) => _rows.ReadAsync(batch, long.MaxValue, cancel);

    public Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json)
    {
        json = batch.Of(row);
        return null;
    }

    public ValueTask DisposeAsync()
    {
        _rows.Dispose();
        return ValueTask.CompletedTask;
    }
}
