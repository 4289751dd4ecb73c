using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing.Reading.CsvFiles;

/// <summary>A field of a CSV row without the enclosing quotes. Quotes inside it are still doubled.</summary>
public readonly record struct CsvField(Slice Slice, bool IsQuoted, bool HasQuotes)
{
    /// <summary>An empty field without quotes is a missing value; with quotes it is an empty string.</summary>
    public bool IsMissing => Slice.IsEmpty && !IsQuoted;

    /// <summary>The bytes of the field with doubled quotes replaced by single ones.</summary>
    /// <param name="row">The bytes of the row.</param>
    /// <param name="buffer">A buffer of the caller, which is used and possibly replaced by a larger one if the field contains quotes.</param>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> row, ref byte[] buffer)
    {
        var bytes = Slice.Of(row);
        if (!HasQuotes) return bytes;
        if (buffer.Length < bytes.Length) buffer = new byte[bytes.Length];
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            buffer[length++] = bytes[i];
            if (bytes[i] == '"') i++;
        }
        return buffer.AsSpan(0, length);
    }
}

/// <summary>Splits a row of CSV into its fields as defined by RFC 4180.</summary>
public static class CsvFields
{
    /// <returns>False if text follows a closing quote, or a quote is not closed.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> row, byte separator, List<CsvField> fields)
    {
        fields.Clear();
        var i = 0;
        while (true)
        {
            if (i < row.Length && row[i] == '"')
            {
                var start = ++i;
                var hasQuotes = false;
                while (true)
                {
                    var quote = row[i..].IndexOf((byte)'"');
                    if (quote < 0) return false;
                    i += quote + 1;
                    if (i == row.Length || row[i] != '"') break;
                    hasQuotes = true;
                    i++;
                }
                fields.Add(new CsvField(new Slice(start, i - 1 - start), true, hasQuotes));
                if (i == row.Length) return true;
                if (row[i] != separator) return false;
            }
            else
            {
                var length = row[i..].IndexOf(separator);
                fields.Add(new CsvField(new Slice(i, length < 0 ? row.Length - i : length), false, false));
                if (length < 0) return true;
                i += length;
            }
            i++;
        }
    }
}
