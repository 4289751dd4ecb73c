namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>Parses a time part by part.</summary>
internal ref struct TimeCursor(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    public readonly bool IsAtEnd => _at == _text.Length;

    /// <summary>Reads YYYY-MM-DD or YYYY/MM/DD.</summary>
    public bool TryDate(out DateTime date)
    {
        date = default;
        if (!TryDigits(4, out var year) || !(Peek('-') || Peek('/'))) return false;
        var separator = (char)_text[_at++];
        if (!TryDigits(2, out var month) || !Take(separator) || !TryDigits(2, out var day)) return false;
        if (year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        date = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc);
        return true;
    }

    /// <summary>
    /// Reads HH:MM[:SS[.fraction]] after a T or a space, or nothing at the end of the text. A leap second is the first second of the next minute; 24:00 is
    /// midnight of the next day.
    /// </summary>
    public bool TryTimeOfDay(out TimeSpan time)
    {
        time = default;
        if (IsAtEnd) return true;
        if (!Take('T') && !Take('t') && !Take(' ')) return false;
        if (!TryDigits(2, out var hour) || !Take(':') || !TryDigits(2, out var minute)) return false;
        var (second, fraction) = (0, 0L);
        if (Take(':'))
        {
            if (!TryDigits(2, out second)) return false;
            if ((Take('.') || Take(',')) && !TryFraction(out fraction)) return false;
        }
        if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute > 0 || second > 0 || fraction > 0))) return false;
        time = new TimeSpan(hour, minute, second) + new TimeSpan(fraction);
        return true;
    }

    /// <summary>
    /// Reads a name for UTC or an offset ±HH[[:]MM[:SS]], followed by an optional zone name as Go and Java print it, or nothing at the end of the text.
    /// </summary>
    public bool TryOffset(out TimeSpan offset)
    {
        offset = default;
        TakeSpaces();
        if (IsAtEnd) return true;
        if (TakeUtc()) return TakeZoneNames();
        if (!Peek('+') && !Peek('-')) return false;
        var sign = _text[_at++] == '-' ? -1 : 1;
        if (!TryDigits(2, out var hours)) return false;
        var (minutes, seconds) = (0, 0);
        if (Take(':'))
        {
            if (!TryDigits(2, out minutes) || (Take(':') && !TryDigits(2, out seconds))) return false;
        }
        else if (!IsAtEnd && EventTime.IsDigit(_text[_at]) && !TryDigits(2, out minutes))
        {
            return false;
        }
        if (hours > 23 || minutes > 59 || seconds > 59) return false;
        offset = sign * new TimeSpan(hours, minutes, seconds);
        return TakeZoneNames();
    }

    private bool TakeUtc()
    {
        if (!TakeWord("UTC"u8) && !TakeWord("GMT"u8) && !Take('Z') && !Take('z')) return false;
        return IsAtEnd || _text[_at] is (byte)' ' or (byte)'[';
    }

    // "+0000 UTC", "+0200 CEST m=+0.000012", "Z[Etc/UTC]": the offset is known already, so the zone name is skipped.
    private bool TakeZoneNames()
    {
        if (IsAtEnd) return true;
        if (_text[_at] == '[')
        {
            var end = _text[_at..].IndexOf((byte)']');
            _at += end + 1;
            return end > 1;
        }
        while (Take(' '))
        {
            var start = _at;
            while (!IsAtEnd && IsInZoneName((char)_text[_at])) _at++;
            if (_at == start) return false;
        }
        return true;
    }

    private static bool IsInZoneName(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '/' or '_' or '=' or '.';

    private bool TakeWord(ReadOnlySpan<byte> word)
    {
        if (!_text[_at..].StartsWith(word)) return false;
        _at += word.Length;
        return true;
    }

    private bool TryDigits(int count, out int number)
    {
        number = 0;
        if (_text.Length - _at < count) return false;
        for (var end = _at + count; _at < end; _at++)
        {
            if (!EventTime.IsDigit(_text[_at])) return false;
            number = (number * 10) + _text[_at] - '0';
        }
        return true;
    }

    // Digits beyond 100 ns are dropped.
    private bool TryFraction(out long ticks)
    {
        var (start, unit) = (_at, TimeSpan.TicksPerSecond);
        ticks = 0;
        for (; !IsAtEnd && EventTime.IsDigit(_text[_at]); _at++)
        {
            unit /= 10;
            ticks += (_text[_at] - '0') * unit;
        }
        return _at > start;
    }

    private void TakeSpaces()
    {
        while (Take(' '))
        {
            // Some programs pad with several spaces.
        }
    }

    private readonly bool Peek(char c) => _at < _text.Length && _text[_at] == c;

    private bool Take(char c)
    {
        if (!Peek(c)) return false;
        _at++;
        return true;
    }
}
