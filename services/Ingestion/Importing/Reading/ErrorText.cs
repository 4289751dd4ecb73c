using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// Makes text from a sender safe for error messages: short, on one line, with control characters escaped. A file may have any number of columns with names of
/// any length.
/// </summary>
public static class ErrorText
{
    public const int MaxMessage = 1_000;
    private const int MaxQuoted = 80;
    private const int MaxFaults = 20;

    /// <summary>A name or a value in quotes.</summary>
    public static string Quote(string text) => $"'{Shorten(Escape(text.Length > MaxQuoted ? text[..(MaxQuoted + 1)] : text), MaxQuoted)}'";

    /// <summary>A message that may contain much of the sender's text.</summary>
    public static string Message(string text) => Shorten(Escape(text), MaxMessage);

    /// <summary>The first errors, and how many more there are.</summary>
    public static string Join(IReadOnlyCollection<string> faults) => faults.Count <= MaxFaults
        ? string.Join("; ", faults)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join("; ", faults.Take(MaxFaults))}; and {faults.Count - MaxFaults} more");

    private static string Shorten(string text, int length)
    {
        if (text.Length <= length) return text;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…";
    }

    private static string Escape(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsControl(c)) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
