using System.Security.Cryptography;
using Cdp.Ingestion.Parsing.Quarantining;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Splits text that arrives in chunks into rows, and hashes it. A row ends with a line feed, except for line feeds inside quoted CSV fields (RFC 4180). Blank
/// rows are skipped.
/// </summary>
public sealed class RowSplitter : IDisposable
{
    /// <summary>The most bytes that are kept of a row. Longer rows are rejected anyway, so the rest is skipped.</summary>
    public const int MaxRow = Quarantine.MaxBytes;

    private enum State
    {
        FieldStart,
        Plain,
        Quoted,

        // After a quote inside a quoted field: the end of the field, or the first of two quotes that stand for one.
        QuoteInQuotes,
    }

    private readonly byte? _separator;
    private readonly bool _endsRows;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _hashAtRow = new byte[SHA256.HashSizeInBytes];
    private byte[] _held = [];
    private int _heldLength;
    private long _heldSize;
    private long _heldLines;
    private long _lines;
    private State _state;

    /// <param name="separator">The separator of CSV; null if every line is a row.</param>
    /// <param name="endsRows">Whether to determine the position after each row, which costs a hash per row.</param>
    public RowSplitter(byte? separator, bool endsRows = false)
    {
        (_separator, _endsRows) = (separator, endsRows);
        _hash.GetCurrentHash(_hashAtRow);
    }

    /// <summary>The position after the last complete row.</summary>
    public FilePosition Position => new(_lines, Bytes, _hashAtRow.ToArray());

    /// <summary>The number of bytes before <see cref="Position"/>.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds the rows of a chunk to the batch until the batch is full or a position is reached.</summary>
    /// <param name="chunk">The bytes that follow those consumed before.</param>
    /// <param name="batch">Receives the rows.</param>
    /// <param name="stopAt">The number of bytes after which no further row is read.</param>
    /// <returns>The number of bytes consumed: all of them, unless it stopped early.</returns>
    public int Split(ReadOnlySpan<byte> chunk, RowBatch batch, long stopAt = long.MaxValue)
    {
        var (start, hashed) = (0, 0);
        var stopped = false;
        while (!stopped && FindEnd(chunk[start..]) is >= 0 and var length)
        {
            var isRow = Complete(chunk.Slice(start, length), batch, unclosed: false);
            start += length + 1;
            stopped = batch.IsFull || Bytes >= stopAt;
            if (!isRow || !_endsRows) continue;
            HashRow(chunk[hashed..start]);
            hashed = start;
            batch.EndRow(Position);
        }
        if (start > hashed) HashRow(chunk[hashed..start]);
        if (stopped) return start;
        Hold(chunk[start..]);
        return chunk.Length;
    }

    /// <summary>Adds the bytes after the last line feed as the last row.</summary>
    public void End(RowBatch batch)
    {
        if (_heldSize == 0) return;
        Complete([], batch, unclosed: _state == State.Quoted);
        HashRow("\n"u8);
    }

    public void Dispose() => _hash.Dispose();

    private int FindEnd(ReadOnlySpan<byte> chunk)
    {
        if (_separator is not { } separator) return chunk.IndexOf((byte)'\n');
        var i = 0;
        while (i < chunk.Length)
        {
            switch (_state)
            {
                case State.Quoted:
                    var quote = chunk[i..].IndexOf((byte)'"');
                    if (quote < 0) return -1;
                    i += quote + 1;
                    _state = State.QuoteInQuotes;
                    break;
                case State.QuoteInQuotes when chunk[i] == '"':
                    i++;
                    _state = State.Quoted;
                    break;
                case State.FieldStart when chunk[i] == '"':
                    i++;
                    _state = State.Quoted;
                    break;
                default:
                    _state = State.Plain;
                    var end = chunk[i..].IndexOfAny(separator, (byte)'\n');
                    if (end < 0) return -1;
                    i += end;
                    _state = State.FieldStart;
                    if (chunk[i] == '\n') return i;
                    i++;
                    break;
            }
        }
        return -1;
    }

    // Adds the completed row to the batch. False if the row is blank.
    private bool Complete(ReadOnlySpan<byte> rest, RowBatch batch, bool unclosed)
    {
        var size = _heldSize + rest.Length;
        var line = _lines + 1;
        Bytes += size + 1;
        _lines += _heldLines + (_separator is null ? 1 : rest.Count((byte)'\n') + 1);
        var beginning = _held.AsSpan(0, _heldLength);
        var kept = rest[..Math.Min(rest.Length, MaxRow - _heldLength)];
        if (line == 1 && RemoveByteOrderMark(ref beginning, ref kept)) size -= 3;
        // The row may end with CR LF, in which case the CR is still part of its bytes.
        if (kept is [.., (byte)'\r'])
        {
            kept = kept[..^1];
            size--;
        }
        else if (kept.IsEmpty && beginning is [.., (byte)'\r'])
        {
            beginning = beginning[..^1];
            size--;
        }
        var isRow = !IsBlank(beginning) || !IsBlank(kept);
        if (isRow) batch.Add(line, beginning, kept, size, unclosed);
        (_heldLength, _heldSize, _heldLines) = (0, 0, 0);
        _state = State.FieldStart;
        return isRow;
    }

    private void HashRow(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _hash.GetCurrentHash(_hashAtRow);
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _heldSize += bytes.Length;
        if (_separator is not null) _heldLines += bytes.Count((byte)'\n');
        var kept = bytes[..Math.Min(bytes.Length, MaxRow - _heldLength)];
        if (_held.Length - _heldLength < kept.Length) Array.Resize(ref _held, Math.Min(MaxRow, Math.Max(_heldLength + kept.Length, 2 * _held.Length)));
        kept.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += kept.Length;
    }

    // The byte order mark may be split between two chunks.
    private static bool RemoveByteOrderMark(ref Span<byte> beginning, ref ReadOnlySpan<byte> kept)
    {
        ReadOnlySpan<byte> mark = "\uFEFF"u8;
        Span<byte> first = stackalloc byte[mark.Length];
        for (var i = 0; i < first.Length; i++)
        {
            var next = i - beginning.Length;
            first[i] = next < 0 ? beginning[i] : next < kept.Length ? kept[next] : (byte)0;
        }
        if (!first.SequenceEqual(mark)) return false;
        var held = Math.Min(mark.Length, beginning.Length);
        beginning = beginning[held..];
        kept = kept[(mark.Length - held)..];
        return true;
    }

    private static bool IsBlank(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(" \t\r"u8) < 0;
}
