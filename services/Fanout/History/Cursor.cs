using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Fanout.History;

/// <summary>Where a page of records ends and the next one begins. The caller keeps it, so that any instance can continue, also after a restart.</summary>
/// <param name="Topic">The topic, without the prefix.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The next offset to read.</param>
/// <param name="Period">The time span. The first page determines it, so that records that are written meanwhile are not selected.</param>
/// <param name="Query">The <see cref="Fingerprint"/> of the request: a cursor must not continue a different one.</param>
public sealed record Cursor(string Topic, int Partition, long Offset, Period Period, string Query)
{
    private const char Separator = '|';
    private const int MaxLength = 512;

    /// <summary>Null if the text is not a cursor.</summary>
    public static Cursor? Parse(string text)
    {
        if (text.Length is 0 or > MaxLength || !Base64Url.IsValid(text)) return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(Separator);
        return parts is [{ Length: > 0 } topic, var partition, var offset, var since, var until, var query]
            && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var next)
            && Time(since) is { } from && Time(until) is { } to
            ? new Cursor(topic, number, next, new Period(from, to), query)
            : null;
    }

    /// <summary>Identifies what a request selects: 12 hexadecimal digits.</summary>
    public static string Fingerprint(params IEnumerable<string?> criteria)
    {
        // A null differs from an empty text, and no two lists have the same form.
        var text = string.Concat(criteria.Select(criterion => criterion is null ? "-;" : $"{criterion.Length}:{criterion};"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 6));
    }

    public override string ToString()
    {
        object[] parts = [Topic, Partition, Offset, Period.Since.Ticks, Period.Until.Ticks, Query];
        var text = string.Join(Separator, parts.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)));
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    private static DateTime? Time(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks
            ? new DateTime(ticks, DateTimeKind.Utc)
            : null;
}
