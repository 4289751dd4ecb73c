using System.Globalization;
using System.Text.Json;

namespace Cdp.Chaos.People;

/// <summary>The notation of an event where it differs from the plain form. Each value is JSON text; null: the plain form.</summary>
public sealed record Notation
{
    /// <summary>The member name <c>type</c>, quotes included.</summary>
    public string? TypeName { get; init; }

    public string? Type { get; init; }

    public string? MessageId { get; init; }

    public string? AnonymousId { get; init; }

    public string? UserId { get; init; }

    /// <summary>Formats the event's time as sent.</summary>
    public Func<DateTime, string> Timestamp { get; init; } = Iso;

    /// <summary>Derives the sentAt from the event's time.</summary>
    public Func<DateTime, string>? SentAt { get; init; }

    public string? Traits { get; init; }

    public string? Properties { get; init; }

    /// <summary>The size to which the whole event is padded, in bytes.</summary>
    public int? Bytes { get; init; }

    public static readonly Notation Plain = new();

    public static string Iso(DateTime time) => In(time, "yyyy-MM-ddTHH:mm:ss.fffZ");

    /// <summary>A time in the given format, as a JSON string.</summary>
    public static string In(DateTime time, string format) => $"\"{time.ToString(format, CultureInfo.InvariantCulture)}\"";

    /// <summary>A string as JSON.</summary>
    public static string Quote(string text) => JsonSerializer.Serialize(text);

    /// <summary>A string as JSON, with every character escaped.</summary>
    public static string Escape(string text) => $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"";
}
