using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Destinations.Http;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>A request as text: it can be shown with masked secrets, which would not always make a URL.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">The URL.</param>
/// <param name="Headers">The headers, without those of the authentication.</param>
/// <param name="Body">The body.</param>
/// <param name="Items">What stands for each item in the body.</param>
internal sealed record BuiltRequest(
    string Method, string Url, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, IReadOnlyList<Datum> Items)
{
    /// <summary>The request to send, or what is wrong with it.</summary>
    public OutboundRequest? ToOutbound(IEnumerable<KeyValuePair<string, string>> authentication, out string? fault)
    {
        var headers = Headers.Concat(authentication).ToList();
        var broken = headers.FirstOrDefault(header => header.Value.Any(char.IsControl));
        fault = !Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            ? "the URL is not an http or https URL; check the settings that it is made of"
            : broken.Key is not null ? $"the header {broken.Key} has a line break or another control character; fix the mapping" : null;
        return fault is null ? new OutboundRequest(Method, url!, headers, Body) : null;
    }
}

/// <summary>Makes requests from templates.</summary>
internal static class RequestBuilder
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="template">The template.</param>
    /// <param name="settings">The settings; masked ones to show the request.</param>
    /// <param name="items">The items.</param>
    /// <param name="found">What the lookup found; null if there was none, or it found nothing.</param>
    /// <param name="now">The time.</param>
    public static BuiltRequest Build(RequestTemplate template, Datum settings, IReadOnlyList<RequestItem> items, string? found, DateTimeOffset now)
    {
        KeyValuePair<string, Datum>[] common =
        [
            new("settings", settings),
            new("now", Datum.Of(now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture))),
            new("found", found is null ? Datum.Missing : Datum.Of(found)),
        ];
        IReadOnlyList<Datum> written = template.Item is null
            ? [.. items.Select(item => item.Payload)]
            : [.. items.Select(item => template.Item.Map(Object([.. common, .. item.Members()])))];
        var data = Object(
        [
            .. common,
            new("items", Datum.Of(written)),
            new("payloads", Datum.Of((IReadOnlyList<Datum>)[.. items.Select(item => item.Payload)])),
            .. items.Count == 1 ? items[0].Members() : [],
        ]);
        var body = template.Body?.Map(data) ?? written[0];
        var headers = Pairs(template.Headers, data).ToList();
        var type = template.Format switch
        {
            BodyFormat.Json => "application/json",
            BodyFormat.JsonLines => "application/x-ndjson",
            BodyFormat.Form => "application/x-www-form-urlencoded",
            _ => null,
        };
        if (type is not null && !headers.Any(header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            headers.Insert(0, new("Content-Type", type));
        }
        return new BuiltRequest(template.Method.Render(data), Url(template, data), headers, Write(body, template.Format), written);
    }

    /// <summary>The members of what a mapping makes as texts, without those that have no value.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(EventMapping? mapping, Datum data)
    {
        if (mapping?.Map(data) is not { Kind: DatumKind.Object } mapped) return [];
        return mapped.Members().Select(member => KeyValuePair.Create(member.Key, member.Value.Format())).Where(member => member.Value.Length > 0);
    }

    public static string Form(IEnumerable<KeyValuePair<string, string>> pairs) =>
        string.Join('&', pairs.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

    /// <summary>The JSON of a value in UTF-8. What a sender wrote stays as it was written.</summary>
    public static byte[] Json(Datum value)
    {
        var bytes = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(bytes, Relaxed)) value.WriteAsSent(json);
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Write(Datum body, BodyFormat format)
    {
        switch (format)
        {
            case BodyFormat.JsonLines when body.Kind == DatumKind.Array:
                // Parsed again, because a value that a sender wrote may have line breaks.
                return [.. body.Items().SelectMany(item => (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(JsonElement.Parse(Json(item))), (byte)'\n'])];
            case BodyFormat.Form when body.Kind == DatumKind.Object:
                return Encoding.UTF8.GetBytes(Form(body.Members().Where(member => !member.Value.IsNullish)
                    .Select(member => KeyValuePair.Create(member.Key, Text(member.Value)))));
            case BodyFormat.None:
                return [];
            default:
                return Json(body);
        }
    }

    // An object or a list in a form is sent as JSON.
    private static string Text(Datum value) => value.Kind is DatumKind.Object or DatumKind.Array ? value.ToJson() : value.Format();

    private static string Url(RequestTemplate template, Datum data)
    {
        var url = template.Url.Render(data);
        var query = Form(Pairs(template.Query, data));
        return query.Length == 0 ? url : $"{url}{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}";
    }

    private static Datum Object(IReadOnlyList<KeyValuePair<string, Datum>> members) => Datum.Of(members);
}
