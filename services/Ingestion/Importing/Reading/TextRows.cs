namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Reads a text as it comes, in batches of rows.</summary>
public sealed class TextRows(Stream text, byte? separator, TimeProvider time) : IDisposable
{
    // Below the size from which on the collector keeps arrays apart.
    private const int ChunkBytes = 64 * 1024;

    // So long a slow sender's rows wait for more of them.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly RowSplitter _splitter = new(separator);
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _start;
    private int _length;
    private Task<int>? _reading;
    private bool _ended;

    /// <summary>Fills a batch; ends it early at a position, or where its rows have waited long enough.</summary>
    /// <exception cref="BrokenFileException">The compressed text is not what its encoding says, or ends too early.</exception>
    public async Task ReadAsync(RowBatch batch, long stopAt, CancellationToken cancel)
    {
        while (!_ended && !batch.IsFull && _splitter.Position < stopAt)
        {
            if (_start == _length)
            {
                _reading ??= BrokenFileException.ReadAsync(text, _chunk, cancel).AsTask();
                if (!_reading.IsCompleted && batch.Rows.Count > 0 && !await ComesAsync(_reading, cancel)) break;
                (_start, _length, _reading) = (0, await _reading, null);
                if (_length == 0)
                {
                    _splitter.End(batch);
                    _ended = true;
                    break;
                }
            }
            _start += _splitter.Split(_chunk.AsSpan(_start, _length - _start), batch, stopAt);
        }
        (batch.End, batch.IsLast) = (_splitter.Place, _ended);
    }

    public async Task<bool> SkipAsync(Place place, CancellationToken cancel)
    {
        while (!_ended && _splitter.Position < place.Position)
        {
            using var batch = new RowBatch();
            await ReadAsync(batch, place.Position, cancel);
        }
        return _splitter.Place.IsSameAs(place);
    }

    public void Dispose() => _splitter.Dispose();

    private async Task<bool> ComesAsync(Task<int> reading, CancellationToken cancel)
    {
        try
        {
            await reading.WaitAsync(Patience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
