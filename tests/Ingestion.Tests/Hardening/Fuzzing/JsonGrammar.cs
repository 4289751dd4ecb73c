using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>Writes random events and batches as JSON text. They are valid, except that a given share of places contains mistakes that senders make.</summary>
internal sealed class JsonGrammar(Random random, string id)
{
    private const string Letters = "abc xyz é€漢";

    private static readonly string[] Types = ["track", "identify", "page", "screen", "group", "alias"];
    private static readonly string[] Known =
    [
        "messageId", "userId", "anonymousId", "type", "properties", "traits", "context", "integrations", "timestamp", "originalTimestamp", "sentAt", "event",
        "name", "groupId", "previousId", "channel", "category", "writeKey", "historical", "mergeProperties", "batch",
    ];
    private static readonly string[] Times =
    [
        "2026-11-23T11:10:00Z", "2026-11-23T11:10:00.123+01:00", "2026-11-23 11:10:00", "2026-11-23T11:10:00+0100", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59-23:59",
    ];

    private static readonly string[] OddTexts =
    [
        "\\u0000", "\\ud800", "\\udc00x", "\\ud83d\\ude00", "\u202e\u200b\ufeff", "e\u0301\u0327", "\\u00e9", "\\\"\\\\\\/\\b\\f\\n\\r\\t",
        "😀", "\uffff\ufffe", "\\u", "\\x41", "\t", "\u2028", "𒐫", "", " ", "null", Suppressed,
    ];

    private static readonly string[] OddValues =
    [
        "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "-0", "0.1", "01", "+1", ".5", "1.",
        "NaN", "Infinity", "-", "true", "false", "null", "tru", "[]", "{}", "[[]]", "{\"\":{}}", "[1,2,3]", "\"\"", "'a'", "undefined", "[,]", "{,}", "{\"a\"}",
    ];

    /// <summary>The userId of a suppressed user, whose events the service drops.</summary>
    public const string Suppressed = "forget-me";

    private readonly StringBuilder _text = new();
    private int _oddPerMille;
    private int _items;

    /// <summary>Writes a body of one event.</summary>
    /// <param name="type">The type to write into it, or null for none.</param>
    /// <param name="oddPerMille">In how many of a thousand places something odd is written.</param>
    public string Event(string? type, int oddPerMille)
    {
        _oddPerMille = oddPerMille;
        WriteEvent(type);
        return _text.ToString();
    }

    /// <summary>Writes a body of a batch.</summary>
    public string Batch(int items, int oddPerMille)
    {
        _oddPerMille = oddPerMille;
        _text.Append('{');
        if (Chance(300)) Member("sentAt", Time).Append(',');
        if (Chance(200)) Member("context", () => Object(2)).Append(',');
        if (Chance(100)) Member("integrations", () => Object(1)).Append(',');
        Name("batch").Append(':');
        if (IsOdd()) WriteOdd();
        else
        {
            _text.Append('[');
            for (var i = 0; i < items; i++)
            {
                if (i > 0) _text.Append(',');
                // Senders do send invalid items among valid ones; the answer must say which ones are invalid.
                if (oddPerMille > 0 && Chance(100)) WriteOdd();
                else WriteEvent(Types[random.Next(Types.Length)]);
            }
            _text.Append(']');
        }
        if (Chance(100)) Member("writeKey", () => _text.Append("\"WK\""), ",");
        if (oddPerMille > 0 && Chance(20)) Member("batch", WriteOdd, ",");
        return _text.Append('}').ToString();
    }

    private void WriteEvent(string? type)
    {
        _text.Append('{');
        if (!IsOdd()) Member("messageId", () => _text.Append('"').Append(id).Append('-').Append(_items++).Append('"')).Append(',');
        if (!IsOdd())
        {
            Member(
                Chance(700) ? "userId" : "anonymousId",
                () => IsOdd() ? WriteOdd() : _text.Append('"').Append(Chance(5) ? Suppressed : $"u{random.Next(1000)}").Append('"'));
        }
        else Member("x", WriteOdd);
        if (type is not null) Member("type", () => IsOdd() ? WriteOdd() : _text.Append('"').Append(type).Append('"'), ",");
        var members = random.Next(6);
        for (var i = 0; i < members; i++)
        {
            switch (random.Next(8))
            {
                case 0:
                    Member("event", Text, ",");
                    break;
                case 1:
                    Member("properties", () => Object(3), ",");
                    break;
                case 2:
                    Member("traits", () => Object(2), ",");
                    break;
                case 3:
                    Member("context", () => Object(3), ",");
                    break;
                case 4:
                    Member("timestamp", Time, ",");
                    break;
                case 5:
                    Member("originalTimestamp", Time, ",");
                    break;
                case 6:
                    Member("m" + random.Next(5).ToString(CultureInfo.InvariantCulture), () => Value(2), ",");
                    break;
                default:
                    // A duplicate member, or one of another type.
                    Member(IsOdd() ? Known[random.Next(Known.Length)] : "name", Text, ",");
                    break;
            }
        }
        if (IsOdd()) Member(Known[random.Next(Known.Length)], WriteOdd, ",");
        if (type == "merge" && Chance(900))
        {
            Member("mergeProperties", () => _text.Append("""[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]"""), ",");
        }
        _text.Append('}');
    }

    private StringBuilder Member(string name, Func<StringBuilder> value, string before = "")
    {
        _text.Append(before);
        Name(name).Append(':');
        if (Chance(30)) _text.Append(" \n\t"[random.Next(3)]);
        return value();
    }

    private StringBuilder Name(string name)
    {
        if (!IsOdd()) return _text.Append('"').Append(name).Append('"');
        // The same name, with every letter escaped.
        _text.Append('"');
        foreach (var letter in name) _text.Append("\\u").Append(((int)letter).ToString(Chance(500) ? "x4" : "X4", CultureInfo.InvariantCulture));
        return _text.Append('"');
    }

    private StringBuilder Time() =>
        IsOdd() ? WriteOdd() : _text.Append('"').Append(Times[_oddPerMille == 0 ? random.Next(4) : random.Next(Times.Length)]).Append('"');

    private StringBuilder Text()
    {
        if (IsOdd()) return WriteOdd();
        _text.Append('"');
        var letters = random.Next(20);
        for (var i = 0; i < letters; i++) _text.Append(Letters[random.Next(Letters.Length)]);
        return _text.Append('"');
    }

    private StringBuilder Object(int depth)
    {
        if (IsOdd()) return WriteOdd();
        _text.Append('{');
        var members = random.Next(4);
        for (var i = 0; i < members; i++)
        {
            if (i > 0) _text.Append(',');
            Name(Chance(50) ? "ip" : "k" + random.Next(9).ToString(CultureInfo.InvariantCulture)).Append(':');
            Value(depth - 1);
        }
        return _text.Append('}');
    }

    private StringBuilder Value(int depth)
    {
        if (IsOdd()) return WriteOdd();
        switch (random.Next(depth > 0 ? 7 : 5))
        {
            case 0:
                return _text.Append(random.Next());
            case 1:
                return _text.Append(random.NextDouble().ToString("R", CultureInfo.InvariantCulture));
            case 2:
                return _text.Append(Chance(500) ? "true" : "null");
            case 3 or 4:
                return Text();
            case 5:
                return Object(depth);
            default:
                _text.Append('[');
                var items = random.Next(4);
                for (var i = 0; i < items; i++)
                {
                    if (i > 0) _text.Append(',');
                    Value(depth - 1);
                }
                return _text.Append(']');
        }
    }

    private StringBuilder WriteOdd()
    {
        switch (random.Next(10))
        {
            case < 5:
                return _text.Append(OddValues[random.Next(OddValues.Length)]);
            case < 8:
                return _text.Append('"').Append(OddTexts[random.Next(OddTexts.Length)]).Append('"');
            case 8:
                var depth = 1 << random.Next(1, 11);
                var isArray = Chance(500);
                for (var i = 0; i < depth; i++) _text.Append(isArray ? "[" : "{\"d\":");
                _text.Append('1');
                if (!IsOdd()) _text.Append(isArray ? ']' : '}', depth);
                return _text;
            default:
                return _text.Append('"').Append('x', Chance(50) ? random.Next(40_000) : random.Next(300)).Append('"');
        }
    }

    private bool IsOdd() => _oddPerMille > 0 && Chance(_oddPerMille);

    private bool Chance(int ofThousand) => random.Next(1000) < ofThousand;
}
