using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;

namespace Cdp.Destinations.Descriptions;

/// <summary>Reads a description and collects every fault.</summary>
internal sealed partial class DescriptionReader
{
    private const int MaxBytes = 100_000_000;

    private static readonly string[] Identifiers = ["user_id", "anonymous_id", "email", "phone"];

    private readonly JsonSection _root;
    private readonly IReadOnlyList<SettingDescription> _settings;

    private DescriptionReader(JsonSection root)
    {
        _root = root;
        _settings = [.. _root.Section("settings")?.Members().Select(Setting) ?? []];
    }

    public static DestinationDescription? Read(string name, JsonElement json, ICollection<string> errors)
    {
        var count = errors.Count;
        var description = new DescriptionReader(new JsonSection(name, "", json, errors)).Read();
        return errors.Count == count ? description : null;
    }

    private DestinationDescription Read()
    {
        var type = _root.RequiredText("type", "write the name of the type, such as amplitude");
        if (type.Length > 0 && !Name().IsMatch(type)) _root.Fault("type", "must be lower-case letters, digits and hyphens");
        var responses = Responses(_root, []);
        var actions = (_root.Section("actions")?.Members() ?? []).Select(member => Action(member.Name, member.Section, responses))
            .ToDictionary(action => action.Name, StringComparer.Ordinal);
        if (actions.Count == 0) _root.Fault("actions", "is empty or missing; describe at least one action");
        var description = new DestinationDescription
        {
            Type = type,
            Title = _root.RequiredText("title", "write the name of the target"),
            Settings = _settings,
            Authentication = Authentication(_root.Section("authentication")),
            Actions = actions,
            Presets = [.. _root.Sections("presets").Select(preset => Preset(preset, actions)).OfType<Preset>()],
            NeedsOrder = _root.Flag("needs_order"),
            Rate = _root.Section("rate") is { } rate ? Rate(rate) : null,
            Deletion = _root.Section("deletion") is { } deletion ? Deletion(deletion, responses) : null,
        };
        // For people: where the facts come from.
        _root.Texts("sources");
        _root.RejectUnknownKeys();
        return description;
    }

    private static RequestRate Rate(JsonSection section)
    {
        if (section.Value("requests") is null) section.Fault("requests", "is missing; write how many requests the target takes in that time");
        var rate = new RequestRate(section.Number("requests", 1, 1_000_000) ?? 1, Duration(section, "per") ?? TimeSpan.FromSeconds(1));
        section.RejectUnknownKeys();
        return rate;
    }

    private static SettingDescription Setting((string Name, JsonSection Section) member)
    {
        var (name, section) = member;
        var type = section.Text("type") ?? "string";
        if (!Enum.TryParse<SettingType>(type, ignoreCase: true, out var known) || !char.IsLetter(type[0]))
        {
            section.Fault("type", $"must be one of {string.Join(", ", Enum.GetNames<SettingType>()).ToLowerInvariant()}");
        }
        var setting = new SettingDescription(name, section.RequiredText("description", "write what operators set here, and where they find it"))
        {
            Type = known,
            Required = section.Flag("required"),
            Secret = section.Flag("secret"),
            Choices = Choices(section),
            Default = section.Value("default"),
        };
        if (setting.Secret && setting.Type is SettingType.Integer or SettingType.Boolean) section.Fault("secret", "needs the type string, url or headers");
        if (setting is { Choices: { } choices, Default: { } fallback }
            && !(fallback.ValueKind == JsonValueKind.String && choices.ContainsKey(fallback.GetString()!)))
        {
            section.Fault("default", $"must be one of {string.Join(", ", choices.Keys)}");
        }
        section.RejectUnknownKeys();
        return setting;
    }

    private static Dictionary<string, JsonElement>? Choices(JsonSection setting) => setting.Value("choices") switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().ToDictionary(choice => choice.Name, choice => choice.Value, StringComparer.Ordinal),
        _ => setting.Texts("choices").ToDictionary(choice => choice, choice => JsonSerializer.SerializeToElement(choice), StringComparer.Ordinal),
    };

    private AuthenticationTemplate Authentication(JsonSection? section)
    {
        if (section is null) return AuthenticationTemplate.None;
        var signature = section.Text("signature");
        if (signature is not null && !_settings.Any(setting => setting.Name == signature && setting.Secret))
        {
            section.Fault("signature", "must be the name of a secret setting");
        }
        var authentication = new AuthenticationTemplate
        {
            Headers = Templates(section, "headers"),
            Basic = Templates(section, "basic", "user", "password"),
            OAuth = Templates(section, "oauth", "token_url"),
            SignatureSecret = signature,
        };
        section.RejectUnknownKeys();
        return authentication;
    }

    private ActionDescription Action(string name, JsonSection section, IReadOnlyList<ResponseRule> responses)
    {
        var batch = section.Section("batch");
        var lookup = section.Section("lookup");
        var action = new ActionDescription
        {
            Name = name,
            Description = section.RequiredText("description", "write what the action does"),
            Fields = Fields(section),
            Batch = batch is null
                ? BatchRule.Single
                : new BatchRule(batch.Number("items", 1, 100_000) ?? 1, batch.Number("bytes", 1, MaxBytes) ?? int.MaxValue, batch.Texts("keys")),
            BatchSetting = batch?.Text("setting"),
            MaxBody = section.Number("max_body", 1, MaxBytes) ?? int.MaxValue,
            MaxItem = section.Number("max_item", 1, MaxBytes) ?? int.MaxValue,
            Lookup = lookup is null ? null : Lookup(lookup),
            Request = section.Section("request") is { } request ? Request(request) : null,
            RequestIfFound = section.Section("request_if_found") is { } other ? Request(other) : null,
            Responses = new ResponseRules(Responses(section, responses)),
        };
        if (action.BatchSetting is { } setting && !_settings.Any(known => known.Name == setting && known.Type == SettingType.Integer))
        {
            batch!.Fault("setting", "must be the name of an integer setting");
        }
        if (lookup is null && action.Request is null) section.Fault("request", "is missing; describe the request that is sent");
        if (lookup is null && action.RequestIfFound is not null) section.Fault("request_if_found", "needs a lookup; write one or use request");
        if (lookup is not null && action.RequestIfFound is null) section.Fault("request_if_found", "is missing; describe the request for what was found");
        if (lookup is not null && action.Batch.Items > 1) section.Fault("batch", "must be left out: a lookup asks for one item");
        batch?.RejectUnknownKeys();
        section.RejectUnknownKeys();
        return action;
    }

    private static FieldSchema? Fields(JsonSection section)
    {
        if (section.Value("fields") is not { } fields) return null;
        var faults = new List<string>();
        var schema = FieldSchema.Parse(fields, faults);
        // The defaults are compiled here, so that their faults are reported with those of the description.
        schema?.Mapping(null, faults);
        section.Faults("fields", faults);
        return schema;
    }

    private static LookupTemplate Lookup(JsonSection section)
    {
        var request = section.Section("request");
        if (request is null) section.Fault("request", "is missing; describe the request that looks the object up");
        var lookup = new LookupTemplate(request is null ? Missing() : Request(request), Path(section, "found") ?? Missing(section, "found"));
        section.RejectUnknownKeys();
        return lookup;
    }

    private static RequestTemplate Request(JsonSection section)
    {
        var text = section.RequiredText("url", "write the URL");
        var url = UrlTemplate.Read(text, out var fault);
        if (text.Length > 0 && fault is not null) section.Fault("url", fault);
        var method = section.Text("method") ?? "POST";
        if (method is not ("POST" or "PUT" or "PATCH" or "DELETE" or "GET") && !method.StartsWith("{{settings.", StringComparison.Ordinal))
        {
            section.Fault("method", "must be POST, PUT, PATCH, DELETE or GET, or a setting with these choices, such as {{settings.method}}");
        }
        var format = section.Text("format") ?? (method is "GET" or "DELETE" ? "none" : "json");
        if (format is not ("json" or "ndjson" or "form" or "none")) section.Fault("format", "must be json, ndjson, form or none");
        var request = new RequestTemplate
        {
            Method = UrlTemplate.Read(method, out _),
            Url = url,
            Query = Templates(section, "query"),
            Headers = Templates(section, "headers"),
            Item = Mapping(section, "item"),
            Body = Mapping(section, "body"),
            Format = format switch { "ndjson" => BodyFormat.JsonLines, "form" => BodyFormat.Form, "none" => BodyFormat.None, _ => BodyFormat.Json },
        };
        section.RejectUnknownKeys();
        return request;
    }

    private static Preset? Preset(JsonSection section, Dictionary<string, ActionDescription> actions)
    {
        var name = section.RequiredText("name", "write what the preset does");
        var action = section.RequiredText("action", $"write one of {string.Join(", ", actions.Keys)}");
        var subscribe = section.RequiredText("subscribe", "write an FQL condition, such as type = \"track\"");
        var own = section.Value("mapping");
        section.RejectUnknownKeys();
        if (!actions.TryGetValue(action, out var described))
        {
            if (action.Length > 0) section.Fault("action", $"'{action}' is not an action; use one of {string.Join(", ", actions.Keys)}");
            return null;
        }
        try
        {
            var faults = new List<string>();
            var mapping = described.Mapping(own, faults);
            section.Faults("mapping", faults);
            return new Preset(name, FqlExpression.Parse(subscribe), action, mapping);
        }
        catch (FqlException e)
        {
            section.Fault("subscribe", $"is not a condition: {e.Message}");
            return null;
        }
    }

    private DeletionDescription Deletion(JsonSection section, IReadOnlyList<ResponseRule> responses)
    {
        var identifiers = section.Texts("identifiers");
        if (identifiers.Count == 0) section.Fault("identifiers", $"is missing; list what the target can find a customer by: {string.Join(", ", Identifiers)}");
        foreach (var unknown in identifiers.Except(Identifiers))
        {
            section.Fault("identifiers", $"'{unknown}' is not an identifier of a deletion; use {string.Join(", ", Identifiers)}");
        }
        var needs = section.Texts("needs");
        foreach (var unknown in needs.Except(_settings.Select(setting => setting.Name))) section.Fault("needs", $"'{unknown}' is not a setting");
        var authentication = section.Section("authentication");
        return new DeletionDescription(Action("deletion", section, responses))
        {
            Identifiers = identifiers,
            Needs = needs,
            Authentication = authentication is null ? null : Authentication(authentication),
        };
    }

    // The rules of an action come before those of the description.
    private static List<ResponseRule> Responses(JsonSection section, IReadOnlyList<ResponseRule> general) =>
        [.. section.Sections("responses").Select(Response), .. general];

    private static ResponseRule Response(JsonSection section)
    {
        var where = section.Section("where");
        var rule = new ResponseRule
        {
            Statuses = Statuses(section),
            Where = where is null ? null : new BodyCondition(Path(where, "path") ?? Missing(where, "path"), where.Texts("is")),
            Verdict = Result(section, "result", null),
            Items = [.. section.Sections("items").Select(Entries)],
            Others = Result(section, "others", Verdict.Delivered),
            Reasons = [.. section.Texts("reason").Select(text => ReadPath(section, "reason", text)).OfType<ResponsePath>()],
            After = Duration(section, "after"),
            ResetHeader = section.Text("reset_header"),
        };
        where?.RejectUnknownKeys();
        section.RejectUnknownKeys();
        return rule;
    }

    private static ItemEntries Entries(JsonSection section)
    {
        var entries = new ItemEntries(
            Path(section, "path") ?? Missing(section, "path"),
            Path(section, "index"),
            Path(section, "match"),
            Path(section, "reason"),
            Result(section, "result", Verdict.Refused));
        section.RejectUnknownKeys();
        return entries;
    }

    private static List<(int From, int To)> Statuses(JsonSection section)
    {
        var texts = section.Texts("status");
        if (texts.Count == 0) section.Fault("status", "is missing; write statuses such as 400 or 4xx");
        var ranges = new List<(int From, int To)>();
        foreach (var text in texts)
        {
            if (text.Length == 3 && text.EndsWith("xx", StringComparison.Ordinal) && text[0] is >= '1' and <= '5')
            {
                ranges.Add(((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99));
            }
            else if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599)
            {
                ranges.Add((status, status));
            }
            else section.Fault("status", $"'{text}' is not a status; write statuses such as 400 or 4xx");
        }
        return ranges;
    }

    private static Verdict Result(JsonSection section, string key, Verdict? otherwise)
    {
        switch (section.Text(key))
        {
            case "delivered": return Verdict.Delivered;
            case "retry": return Verdict.Retry;
            case "refused": return Verdict.Refused;
            case null when otherwise is { } verdict: return verdict;
            default:
                section.Fault(key, "must be delivered, retry or refused");
                return Verdict.Refused;
        }
    }

    private static TimeSpan? Duration(JsonSection section, string key)
    {
        if (section.Text(key) is not { } text) return null;
        var number = text.EndsWith('s') ? text[..^1] : "";
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return TimeSpan.FromSeconds(seconds);
        section.Fault(key, "must be a number of seconds, such as 30s");
        return null;
    }

    private static ResponsePath? Path(JsonSection section, string key) => section.Text(key) is { } text ? ReadPath(section, key, text) : null;

    private static ResponsePath? ReadPath(JsonSection section, string key, string text)
    {
        var path = ResponsePath.Read(text);
        if (path is null) section.Fault(key, $"'{text}' is not a path; write one such as $.errors[*].message");
        return path;
    }

    private static ResponsePath Missing(JsonSection section, string key)
    {
        if (section.Value(key) is null) section.Fault(key, "is missing; write a path such as $.errors[*]");
        return ResponsePath.Read("$")!;
    }

    private static RequestTemplate Missing() => new() { Method = UrlTemplate.Read("GET", out _), Url = UrlTemplate.Read("", out _) };

    private static EventMapping? Mapping(JsonSection section, string key) => section.Value(key) is { } mapping ? Compile(section, key, mapping) : null;

    // An object of mappings in which a string with {{path}} is a template, so that the common case is short.
    private static EventMapping? Templates(JsonSection section, string key, params string[] required)
    {
        if (section.Section(key) is not { } templates) return null;
        foreach (var name in required.Where(name => templates.Value(name) is null)) templates.Fault(name, "is missing; write it");
        var mapping = JsonNode.Parse(templates.Json.GetRawText())!.AsObject();
        foreach (var (name, value) in mapping.ToList())
        {
            if (value?.GetValueKind() == JsonValueKind.String && ((string)value!).Contains("{{", StringComparison.Ordinal))
            {
                mapping[name] = new JsonObject { ["@template"] = (string)value! };
            }
        }
        return Compile(section, key, JsonSerializer.SerializeToElement(mapping));
    }

    private static EventMapping? Compile(JsonSection section, string key, JsonElement mapping)
    {
        try
        {
            return EventMapping.Parse(mapping);
        }
        catch (MappingException e)
        {
            section.Faults(key, e.Faults);
            return null;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]*$")]
    private static partial Regex Name();
}
