using System.Security.Cryptography;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Finds the rows of a text in chunks as they come, wherever the chunks are cut, and hashes what it passes. A row ends with a line feed; in CSV one
/// inside quotes is part of its field (RFC 4180). Rows of blanks alone are passed over.
/// </summary>
public sealed class RowSplitter : IDisposable
{
    /// <summary>What is kept of a row at most. A longer one is rejected anyhow, and its rest is passed without being held.</summary>
    public const int MaxRow = Quarantine.MaxBytes;

    private enum State
    {
        FieldStart,
        Plain,
        Quoted,

        // Behind a quote inside quotes: the field's end, or the first of the two that stand for one.
        QuoteInQuotes,
    }

    private readonly byte? _separator;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _hashAtRow = new byte[SHA256.HashSizeInBytes];
    private byte[] _held = [];
    private int _heldLength;
    private long _heldSize;
    private long _heldLines;
    private long _lines;
    private State _state;

    /// <param name="separator">What separates the fields of CSV; null: a row is a line.</param>
    public RowSplitter(byte? separator)
    {
        _separator = separator;
        _hash.GetCurrentHash(_hashAtRow);
    }

    /// <summary>Behind the last row that is complete.</summary>
    public Place Place => new(_lines, Position, _hashAtRow.ToArray());

    public long Position { get; private set; }

    /// <summary>Adds the chunk's rows to the batch until it is full, or the position reached.</summary>
    /// <param name="chunk">What follows what was consumed before.</param>
    /// <param name="batch">Gets the rows.</param>
    /// <param name="stopAt">The position behind which no row is begun.</param>
    /// <returns>How many bytes were consumed: all, unless it stopped.</returns>
    public int Split(ReadOnlySpan<byte> chunk, RowBatch batch, long stopAt = long.MaxValue)
    {
        var start = 0;
        var stopped = false;
        while (!stopped && FindEnd(chunk[start..]) is >= 0 and var length)
        {
            Complete(chunk.Slice(start, length), batch, unclosed: false);
            start += length + 1;
            stopped = batch.IsFull || Position >= stopAt;
        }
        if (start > 0) HashRow(chunk[..start]);
        if (stopped) return start;
        Hold(chunk[start..]);
        return chunk.Length;
    }

    /// <summary>Takes what follows the last line feed for the last row.</summary>
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

    private void Complete(ReadOnlySpan<byte> rest, RowBatch batch, bool unclosed)
    {
        var size = _heldSize + rest.Length;
        var line = _lines + 1;
        Position += size + 1;
        _lines += _heldLines + (_separator is null ? 1 : rest.Count((byte)'\n') + 1);
        var beginning = _held.AsSpan(0, _heldLength);
        var kept = rest[..Math.Min(rest.Length, MaxRow - _heldLength)];
        if (line == 1 && Unmarked(ref beginning, ref kept)) size -= 3;
        // The end may be two bytes, of which the first has been taken for the row's.
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
        if (!IsBlank(beginning) || !IsBlank(kept)) batch.Add(line, beginning, kept, size, unclosed);
        (_heldLength, _heldSize, _heldLines) = (0, 0, 0);
        _state = State.FieldStart;
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

    // The byte order mark, which may have come in pieces.
    private static bool Unmarked(ref Span<byte> beginning, ref ReadOnlySpan<byte> kept)
    {
        ReadOnlySpan<byte> mark = "\uFEFF"u8;
        Span<byte> first = stackalloc byte[mark.Length];
        for (var i = 0; i < first.Length; i++) first[i] = i < beginning.Length ? beginning[i] : i - beginning.Length < kept.Length ? kept[i - beginning.Length] : (byte)0;
        if (!first.SequenceEqual(mark)) return false;
        var held = Math.Min(mark.Length, beginning.Length);
        beginning = beginning[held..];
        kept = kept[(mark.Length - held)..];
        return true;
    }

    private static bool IsBlank(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(" \t\r"u8) < 0;
}
