using System.Buffers;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Rows that are read together, in a pooled buffer. A batch is full when it reaches a number of rows or bytes; the last row may exceed that number of bytes.
/// </summary>
public sealed class RowBatch(int maxRows = RowBatch.MaxRows) : IDisposable
{
    private const int MaxRows = 5_000;
    private const int MaxBytes = 1024 * 1024;

    private byte[] _buffer = [];
    private int _length;

    public List<Row> Rows { get; } = [];

    public bool IsFull => Rows.Count >= maxRows || _length >= MaxBytes;

    /// <summary>The position after the last row.</summary>
    public FilePosition End { get; set; }

    /// <summary>Whether the file ends with this batch.</summary>
    public bool IsLast { get; set; }

    public ReadOnlySpan<byte> Of(in Row row) => row.Raw.Of(_buffer);

    /// <summary>Adds a row.</summary>
    /// <param name="line">The line on which the row begins.</param>
    /// <param name="beginning">The first bytes of the row, held back from earlier chunks.</param>
    /// <param name="rest">The other bytes of the row.</param>
    /// <param name="size">The size of the complete row in bytes, which is larger if not all bytes are kept.</param>
    /// <param name="unclosed">Whether the file ends inside a quoted field of the row.</param>
    public void Add(long line, ReadOnlySpan<byte> beginning, ReadOnlySpan<byte> rest, long size, bool unclosed = false)
    {
        var length = beginning.Length + rest.Length;
        Reserve(length);
        beginning.CopyTo(_buffer.AsSpan(_length));
        rest.CopyTo(_buffer.AsSpan(_length + beginning.Length));
        Rows.Add(new Row(line, new Slice(_length, length), size, unclosed));
        _length += length;
    }

    /// <summary>Sets the position after the row added last.</summary>
    public void EndRow(FilePosition end) => Rows[^1] = Rows[^1] with { End = end };

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
