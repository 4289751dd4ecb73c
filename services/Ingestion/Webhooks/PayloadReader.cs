using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Webhooks;

/// <summary>Reads what a webhook sends, JSON or a form, as one JSON value.</summary>
public static class PayloadReader
{
    public const string Json = "json";
    public const string Form = "form";

    // As deep as a batch may be; how deep an event may be is judged of the event.
    private const int MaxDepth = 512;

    /// <param name="body">Inflated.</param>
    /// <param name="contentType">Tells a form; all else is taken for JSON, as is a form that begins like JSON.</param>
    /// <param name="payload">The JSON, or the form as an object of texts (a list where a name comes twice), or the JSON in its one field <c>payload</c>.</param>
    /// <param name="encoding">What the bytes are.</param>
    /// <returns>Why the body is refused; null where it was read.</returns>
    public static Rejection? Read(ReadOnlySpan<byte> body, string? contentType, out JsonElement payload, out string encoding)
    {
        (payload, encoding) = (default, Json);
        var start = body.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty) return Rejection.EmptyBody;
        if (!Utf8.IsValid(body)) return Rejection.InvalidUtf8;
        var isForm = contentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;
        if (isForm && start[0] is not ((byte)'{' or (byte)'['))
        {
            encoding = Form;
            payload = ReadForm(Encoding.UTF8.GetString(body), []);
            if (Values.Text(Values.Member(payload, "payload")) is { } inner && payload.GetPropertyCount() == 1) payload = Parse(Encoding.UTF8.GetBytes(inner)) ?? payload;
            return null;
        }
        if (Parse(body) is not { } parsed) return Rejection.InvalidJson;
        payload = parsed;
        return null;
    }

    /// <summary>A form or a query as an object of texts, without the fields that hold credentials.</summary>
    public static JsonElement ReadForm(string form, IReadOnlyList<string> credentials)
    {
        var fields = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, value, _) in Fields(form))
        {
            if (credentials.Contains(name)) continue;
            if (fields.TryGetValue(name, out var values)) values.Add(value);
            else fields[name] = [value];
        }
        return JsonSerializer.SerializeToElement(fields.ToDictionary(field => field.Key, field => field.Value.Count == 1 ? field.Value[0] : (object)field.Value));
    }

    /// <summary>The form as it was sent, without the fields that hold credentials.</summary>
    public static string Without(string form, IReadOnlyList<string> credentials) =>
        string.Join('&', Fields(form).Where(field => !credentials.Contains(field.Name)).Select(field => field.Sent));

    private static IEnumerable<(string Name, string Value, string Sent)> Fields(string form)
    {
        foreach (var field in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (field, "") : (field[..equals], field[(equals + 1)..]);
            yield return (Decode(name), Decode(value), field);
        }
    }

    private static string Decode(string text) => Values.WellFormed(WebUtility.UrlDecode(text));

    private static JsonElement? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
