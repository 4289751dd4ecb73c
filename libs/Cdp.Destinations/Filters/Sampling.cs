using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Filters;

/// <summary>
/// A number from 0 to 1 for a value, uniformly distributed and always the same for the same value, as in Segment's sampler: the MD5 of the value's JSON,
/// read as the binary digits of a fraction (the method is that of Taylor Campbell's random_real).
/// </summary>
internal static class Sampling
{
    public static double Position(Datum value)
    {
        var json = new StringBuilder();
        Write(value, json);
        // MD5 only distributes values here; it is not used for security. Segment uses it, and this filter must sample the same events.
        var digest = MD5.HashData(Encoding.UTF8.GetBytes(json.ToString()));
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest.AsSpan(8)));
        var zeros = (int)ulong.LeadingZeroCount(high);
        // Leading zeros would reduce the precision, so they are replaced by as many of the following digits.
        if (zeros > 0) high = zeros == 64 ? low : (high << zeros) | (low >> (64 - zeros));
        return Math.ScaleB(high, -64 - zeros);
    }

    // Written exactly as by JSON.stringify of JavaScript (ECMA-262), because the digest depends on every byte.
    private static void Write(Datum value, StringBuilder json)
    {
        switch (value.Kind)
        {
            case DatumKind.Object:
                json.Append('{');
                foreach (var (name, member) in value.Members())
                {
                    if (json[^1] != '{') json.Append(',');
                    Write(name, json);
                    json.Append(':');
                    Write(member, json);
                }
                json.Append('}');
                break;
            case DatumKind.Array:
                json.Append('[');
                foreach (var (index, item) in value.Items().Index())
                {
                    if (index > 0) json.Append(',');
                    Write(item, json);
                }
                json.Append(']');
                break;
            case DatumKind.Text:
                Write(value.Text, json);
                break;
            case DatumKind.Number or DatumKind.Boolean:
                json.Append(value.Format());
                break;
            default:
                json.Append("null");
                break;
        }
    }

    private static void Write(string text, StringBuilder json)
    {
        json.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' or '\\' => json.Append('\\').Append(character),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => json.Append(character),
            };
        }
        json.Append('"');
    }
}
