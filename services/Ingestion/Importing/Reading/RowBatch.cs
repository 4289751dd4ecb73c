using System.Buffers;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Rows that are read, judged and committed together, in a pooled buffer. Bounded: it is full at a number of rows or bytes, and holds one row more than that at most.</summary>
public sealed class RowBatch(int maxRows = RowBatch.MaxRows) : IDisposable
{
    private const int MaxRows = 5_000;
    private const int MaxBytes = 1024 * 1024;

    private byte[] _buffer = [];
    private int _length;

    public List<Row> Rows { get; } = [];

    public bool IsFull => Rows.Count >= maxRows || _length >= MaxBytes;

    /// <summary>Where the file stands behind the batch.</summary>
    public Place End { get; set; }

    /// <summary>The file ends with it.</summary>
    public bool IsLast { get; set; }

    public ReadOnlySpan<byte> Of(in Row row) => row.Raw.Of(_buffer);

    /// <param name="line">The line the row begins on.</param>
    /// <param name="beginning">Its first bytes, held back from an earlier chunk.</param>
    /// <param name="rest">Its other bytes.</param>
    /// <param name="size">How many there were, if not all are kept.</param>
    public void Add(long line, ReadOnlySpan<byte> beginning, ReadOnlySpan<byte> rest, long size, bool unclosed = false)
    {
        var length = beginning.Length + rest.Length;
        Reserve(length);
        beginning.CopyTo(_buffer.AsSpan(_length));
        rest.CopyTo(_buffer.AsSpan(_length + beginning.Length));
        Rows.Add(new Row(line, new Slice(_length, length), size, unclosed));
        _length += length;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _length >= length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + length, Math.Max(64 * 1024, 2 * _buffer.Length)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        Dispose();
        _buffer = larger;
    }
}
