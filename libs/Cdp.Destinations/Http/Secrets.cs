using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Destinations.Http;

/// <summary>
/// The secrets of a destination. Masks them in reasons, which are stored and displayed, and which may quote a server or an exception that repeats a secret.
/// </summary>
internal sealed class Secrets
{
    /// <summary>The text that replaces a secret.</summary>
    public const string Mask = "***";

    /// <summary>The maximum length of a reason, in characters.</summary>
    public const int MaxReason = 2_048;

    private readonly IReadOnlyList<string> _forms;

    /// <param name="values">The secrets, and values that are derived from them, such as the credentials of basic authentication.</param>
    public Secrets(IEnumerable<string> values) => _forms =
    [
        .. values.Where(value => value.Length > 0).SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length),
    ];

    /// <summary>The text without secrets, on one line, and no longer than <see cref="MaxReason"/>.</summary>
    public string Reason(string text)
    {
        // Masked before it is shortened, so that not even the beginning of a secret remains.
        var masked = _forms.Aggregate(text, (current, form) => current.Replace(form, Mask, StringComparison.Ordinal));
        var line = new string([.. masked.Select(character => char.IsControl(character) ? ' ' : character)]).Trim();
        if (line.Length <= MaxReason) return line;
        var length = char.IsHighSurrogate(line[MaxReason - 2]) ? MaxReason - 2 : MaxReason - 1;
        return $"{line[..length]}…";
    }

    private static IEnumerable<string> Forms(string value) =>
    [
        value,
        Uri.EscapeDataString(value),
        JsonEncodedText.Encode(value).Value,
        JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
        Convert.ToBase64String(Encoding.UTF8.GetBytes(value)),
    ];
}
