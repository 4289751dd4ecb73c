namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Reads text as it arrives, in batches of rows.</summary>
public sealed class TextRows(Stream text, byte? separator, bool endsRows, TimeProvider time) : IDisposable
{
    // Small enough to stay out of the large object heap.
    private const int ChunkBytes = 64 * 1024;

    // How long the rows of a slow sender wait for further rows before they are committed.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);

    private readonly RowSplitter _splitter = new(separator, endsRows);
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _start;
    private int _length;
    private Task<int>? _reading;
    private bool _ended;

    /// <summary>Fills a batch. Ends the batch early at a position, or if its rows have waited long enough for further rows.</summary>
    /// <param name="batch">Receives the rows.</param>
    /// <param name="stopAt">The number of bytes after which no further row is read.</param>
    /// <param name="cancel">Cancels reading.</param>
    /// <exception cref="BrokenFileException">The compressed data is invalid or incomplete.</exception>
    public async Task ReadAsync(RowBatch batch, long stopAt, CancellationToken cancel)
    {
        while (!_ended && !batch.IsFull && _splitter.Bytes < stopAt)
        {
            if (_start == _length)
            {
                _reading ??= BrokenFileException.ReadAsync(text, _chunk, cancel).AsTask();
                if (!_reading.IsCompleted && batch.Rows.Count > 0 && !await ArrivesInTimeAsync(_reading, cancel)) break;
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
        (batch.End, batch.IsLast) = (_splitter.Position, _ended);
    }

    /// <summary>Reads up to a position and returns whether the text up to there has the same content.</summary>
    public async Task<bool> SkipAsync(FilePosition position, CancellationToken cancel)
    {
        while (!_ended && _splitter.Bytes < position.Bytes)
        {
            using var batch = new RowBatch();
            await ReadAsync(batch, position.Bytes, cancel);
        }
        return _splitter.Position.IsSameAs(position);
    }

    public void Dispose() => _splitter.Dispose();

    private async Task<bool> ArrivesInTimeAsync(Task<int> reading, CancellationToken cancel)
    {
        try
        {
            await reading.WaitAsync(MaxWait, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
