using System.Globalization;
using System.Text;

namespace Cdp.Identifiers.Canonical.Unicode;

/// <summary>
/// Unicode Normalization Form C (UAX #15). The runtime's implementation needs ICU. In invariant mode, in which the services run, it normalises ASCII only.
/// </summary>
internal static class Nfc
{
    // No lower code point composes with a preceding one, and none has a combining class.
    private const char FirstCombining = '\u0300';

    private const int HangulBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private static readonly Tables Data = Read();

    /// <summary>Normalises text. Half of a surrogate pair becomes U+FFFD.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstCombining - 1))) return text;
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, runes);
        Order(runes);
        Compose(runes);
        var composed = new StringBuilder(text.Length);
        foreach (var code in runes) composed.Append(new Rune(code).ToString());
        return composed.ToString();
    }

    private static void Decompose(int code, List<int> into)
    {
        var syllable = code - HangulBase;
        if (syllable is >= 0 and < LCount * VCount * TCount)
        {
            into.Add(LBase + (syllable / (VCount * TCount)));
            into.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount > 0) into.Add(TBase + (syllable % TCount));
        }
        else if (Data.Decompositions.TryGetValue(code, out var parts))
        {
            Decompose(parts.First, into);
            if (parts.Second != 0) into.Add(parts.Second);
        }
        else
        {
            into.Add(code);
        }
    }

    // Sorts each run of combining marks by class, keeping the order of marks of the same class.
    private static void Order(List<int> runes)
    {
        for (var start = 0; start < runes.Count; start++)
        {
            if (Class(runes[start]) == 0) continue;
            var end = start + 1;
            while (end < runes.Count && Class(runes[end]) != 0) end++;
            if (end - start > 1)
            {
                int[] sorted = [.. runes[start..end].OrderBy(Class)];
                for (var i = 0; i < sorted.Length; i++) runes[start + i] = sorted[i];
            }
            start = end;
        }
    }

    // Each starter absorbs the marks that compose with it, unless a mark of the same or a higher class in between blocks them.
    private static void Compose(List<int> runes)
    {
        var (starter, kept, blockedBy) = (-1, 0, 0);
        for (var i = 0; i < runes.Count; i++)
        {
            var (code, own) = (runes[i], Class(runes[i]));
            var isNext = starter >= 0 && kept == starter + 1;
            if (starter >= 0 && (isNext || blockedBy < own) && Pair(runes[starter], code) is { } composite)
            {
                runes[starter] = composite;
                continue;
            }
            if (own == 0) (starter, blockedBy) = (kept, 0);
            else blockedBy = own;
            runes[kept++] = code;
        }
        runes.RemoveRange(kept, runes.Count - kept);
    }

    private static int? Pair(int first, int second)
    {
        var (l, v) = (first - LBase, second - VBase);
        if (l is >= 0 and < LCount && v is >= 0 and < VCount) return HangulBase + (((l * VCount) + v) * TCount);
        var (lv, t) = (first - HangulBase, second - TBase);
        if (lv is >= 0 and < LCount * VCount * TCount && lv % TCount == 0 && t is > 0 and < TCount) return first + t;
        return Data.Compositions.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private static int Class(int code) => code < FirstCombining ? 0 : Data.Classes.GetValueOrDefault(code);

    private static Tables Read()
    {
        var tables = new Tables([], [], []);
        using var reader = new StreamReader(typeof(Nfc).Assembly.GetManifestResourceStream("canonical.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            if (line.Split('=') is [var composite, var parts])
            {
                var code = Code(composite.TrimEnd('!'));
                var pair = parts.Split(' ');
                var (first, second) = (Code(pair[0]), pair.Length > 1 ? Code(pair[1]) : 0);
                tables.Decompositions[code] = (first, second);
                if (!composite.EndsWith('!')) tables.Compositions[(first, second)] = code;
            }
            else if (line.Split(':') is [var range, var combiningClass])
            {
                var ends = range.Split('-');
                for (var code = Code(ends[0]); code <= Code(ends[^1]); code++) tables.Classes[code] = byte.Parse(combiningClass, CultureInfo.InvariantCulture);
            }
        }
        return tables;
    }

    private static int Code(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(
        Dictionary<int, byte> Classes,
        Dictionary<int, (int First, int Second)> Decompositions,
        Dictionary<(int First, int Second), int> Compositions);
}
