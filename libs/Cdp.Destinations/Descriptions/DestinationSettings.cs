using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>The settings of one destination, checked and complete.</summary>
internal sealed partial class DestinationSettings
{
    // What requests have by themselves.
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Idempotency-Key", Signature.Header, "traceparent", "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection",
    };

    private DestinationSettings(JsonObject values, JsonObject masked, IReadOnlyList<string> secrets)
    {
        Values = Datum.Of(JsonSerializer.SerializeToElement(values));
        Masked = Datum.Of(JsonSerializer.SerializeToElement(masked));
        Secrets = secrets;
    }

    /// <summary>An object with all settings.</summary>
    public Datum Values { get; }

    /// <summary>The same with a mask in place of every secret.</summary>
    public Datum Masked { get; }

    public IReadOnlyList<string> Secrets { get; }

    public static DestinationSettings? Read(
        DestinationDescription description, JsonElement settings, Func<string, string?> environment, ICollection<string> errors)
    {
        if (settings.ValueKind != JsonValueKind.Object)
        {
            errors.Add("settings must be a mapping of names to values");
            return null;
        }
        var count = errors.Count;
        var (values, masked, secrets) = (new JsonObject(), new JsonObject(), new List<string>());
        foreach (var setting in description.Settings)
        {
            if (Value(setting, settings, environment, errors) is not { } value) continue;
            values[setting.Name] = value;
            masked[setting.Name] = setting.Secret ? Mask(value) : value.DeepClone();
            if (setting.Secret) secrets.AddRange(Texts(value));
        }
        RejectUnknown(description, settings, errors);
        return errors.Count == count ? new DestinationSettings(values, masked, secrets) : null;
    }

    private static JsonNode? Value(SettingDescription setting, JsonElement settings, Func<string, string?> environment, ICollection<string> errors)
    {
        var written = settings.TryGetProperty(setting.Name, out var found) && found.ValueKind != JsonValueKind.Null ? found : (JsonElement?)null;
        if (setting.Secret && settings.TryGetProperty($"{setting.Name}_env", out var variable) && variable.ValueKind != JsonValueKind.Null)
        {
            if (written is not null) return Fault($"{setting.Name}_env", $"and {setting.Name} are both set; keep one");
            if (variable.ValueKind != JsonValueKind.String) return Fault($"{setting.Name}_env", "must be the name of an environment variable");
            if (environment(variable.GetString()!) is not { Length: > 0 } text)
            {
                return Fault($"{setting.Name}_env", $"names the environment variable {variable.GetString()}, which is not set; set it to the secret");
            }
            written = JsonSerializer.SerializeToElement(text);
        }
        if ((written ?? setting.Default) is not { } value)
        {
            var inVariable = setting.Secret ? $", or set {setting.Name}_env to the environment variable that holds it" : "";
            return setting.Required ? Fault(setting.Name, $"is missing; set it to: {setting.Description}{inVariable}") : null;
        }
        return setting.Choices is null ? Typed(setting, value, Fault) : Chosen(setting, value, Fault);

        JsonNode? Fault(string name, string fault)
        {
            errors.Add($"{name} {fault}");
            return null;
        }
    }

    private static JsonNode? Chosen(SettingDescription setting, JsonElement value, Func<string, string, JsonNode?> fault) =>
        value.ValueKind == JsonValueKind.String && setting.Choices!.TryGetValue(value.GetString()!, out var inserted)
            ? JsonNode.Parse(inserted.GetRawText())
            : fault(setting.Name, $"must be one of {string.Join(", ", setting.Choices!.Keys)}");

    private static JsonNode? Typed(SettingDescription setting, JsonElement value, Func<string, string, JsonNode?> fault)
    {
        switch (setting.Type)
        {
            case SettingType.Boolean:
                return value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? JsonValue.Create(value.GetBoolean())
                    : fault(setting.Name, "must be true or false");
            case SettingType.Integer:
                return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0
                    ? JsonValue.Create(number)
                    : fault(setting.Name, "must be a whole number above 0");
            case SettingType.Headers:
                return Headers(setting.Name, value, fault);
        }
        // A number in a file is often an id that was written without quotes.
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (text.Length == 0 || text.Any(char.IsControl)) return fault(setting.Name, $"must be a string on one line: {setting.Description}");
        if (setting.Type == SettingType.Url
            && !(Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0))
        {
            return fault(setting.Name, "must be an http or https URL without a user name; send credentials in a header");
        }
        return JsonValue.Create(text);
    }

    private static JsonObject? Headers(string name, JsonElement value, Func<string, string, JsonNode?> fault)
    {
        if (value.ValueKind != JsonValueKind.Object) return fault(name, "must be a mapping of header names to values") as JsonObject;
        var headers = new JsonObject();
        foreach (var member in value.EnumerateObject())
        {
            var text = member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
                _ => null,
            };
            if (OwnHeaders.Contains(member.Name)) fault($"{name}.{member.Name}", "is set for each request; remove it");
            else if (!HeaderName().IsMatch(member.Name)) fault($"{name}.{member.Name}", "is not the name of a header; use letters, digits and hyphens");
            else if (text is null || text.Any(char.IsControl)) fault($"{name}.{member.Name}", "must be a string on one line");
            else headers[member.Name] = text;
        }
        return headers;
    }

    private static void RejectUnknown(DestinationDescription description, JsonElement settings, ICollection<string> errors)
    {
        var known = description.Settings.SelectMany(setting => setting.Secret ? [setting.Name, $"{setting.Name}_env"] : (string[])[setting.Name]).ToList();
        foreach (var member in settings.EnumerateObject().Where(member => !known.Contains(member.Name)))
        {
            var others = known.Count == 0 ? "it has none" : $"use one of {string.Join(", ", known)}";
            errors.Add($"{member.Name} is not a setting of {description.Type}; {others}, or remove it");
        }
    }

    private static JsonNode Mask(JsonNode value) =>
        value is JsonObject map
            ? new JsonObject(map.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)JsonValue.Create(Http.Secrets.Mask))))
            : JsonValue.Create(Http.Secrets.Mask);

    private static IEnumerable<string> Texts(JsonNode value) => value is JsonObject map ? map.Select(member => (string)member.Value!) : [(string)value!];

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\z")]
    private static partial Regex HeaderName();
}
