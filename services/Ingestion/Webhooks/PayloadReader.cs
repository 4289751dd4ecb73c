using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Webhooks;

/// <summary>Reads the payload of a webhook, JSON or a form, as one JSON value.</summary>
public static class PayloadReader
{
    public const string Json = "json";
    public const string Form = "form";

    // As deep as a batch may be nested. The limit for events is checked on the mapped events.
    private const int MaxDepth = 512;

    private const string Formats =
        "a webhook's body is read as JSON, or as a form if its Content-Type is application/x-www-form-urlencoded; configure the sender for one of these";

    // A field takes about a hundred times as much memory as it has bytes in the body.
    private const int MaxFields = 10_000;

    /// <param name="body">The decompressed body.</param>
    /// <param name="contentType">The Content-Type, which identifies a form. Any other body is read as JSON, and so is a form that begins like JSON.</param>
    /// <param name="payload">
    /// The JSON; or the form as an object of strings, with a list for a name that occurs several times; or the JSON in the form's only field <c>payload</c>.
    /// </param>
    /// <param name="encoding">The format of the body: <see cref="Json"/> or <see cref="Form"/>.</param>
    /// <returns>Why the body is refused; null if it was read.</returns>
    public static Rejection? Read(ReadOnlySpan<byte> body, string? contentType, out JsonElement payload, out string encoding)
    {
        (payload, encoding) = (default, Json);
        var start = body.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty) return Rejection.EmptyBody;
        if (!Utf8.IsValid(body)) return Rejection.InvalidUtf8;
        var isForm = contentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;
        if (isForm && start[0] is not ((byte)'{' or (byte)'['))
        {
            if (body.Count((byte)'&') >= MaxFields) return Rejection.TooManyFields(MaxFields);
            encoding = Form;
            payload = ReadForm(Encoding.UTF8.GetString(body), []);
            var wrapped = payload.GetPropertyCount() == 1 ? Values.Text(Values.Member(payload, "payload")) : null;
            if (wrapped is not null && Parse(Encoding.UTF8.GetBytes(wrapped), out var json) is null) payload = json;
            return null;
        }
        if (Parse(body, out payload) is not { } error) return null;
        var invalid = Rejection.InvalidJsonAt(error);
        return invalid with { Message = $"{invalid.Message}: {Formats}" };
    }

    /// <summary>A form or a query as an object of strings, without the fields that contain credentials.</summary>
    public static JsonElement ReadForm(string form, IReadOnlyList<string> credentials)
    {
        var fields = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, value, _) in Fields(form))
        {
            if (credentials.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (fields.TryGetValue(name, out var values)) values.Add(value);
            else fields[name] = [value];
        }
        var members = fields.ToDictionary(field => field.Key, field => field.Value.Count == 1 ? field.Value[0] : (object)field.Value);
        return JsonSerializer.SerializeToElement(members);
    }

    /// <summary>The form as it was sent, without the fields that contain credentials.</summary>
    public static string Without(string form, IReadOnlyList<string> credentials)
    {
        var kept = Fields(form).Where(field => !credentials.Contains(field.Name, StringComparer.OrdinalIgnoreCase));
        return string.Join('&', kept.Select(field => field.Sent));
    }

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

    private static JsonException? Parse(ReadOnlySpan<byte> json, out JsonElement parsed)
    {
        try
        {
            parsed = JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return null;
        }
        catch (JsonException e)
        {
            parsed = default;
            return e;
        }
    }
}
