using System.Text.RegularExpressions;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Mapping.Yaml;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Sources;

/// <summary>Reads the YAML files that define sources, one source per file.</summary>
public static partial class SourceFiles
{
    /// <param name="folders">The folders with the files. A folder that does not exist counts as empty.</param>
    /// <param name="limits">The limits of the service, which a source may lower.</param>
    /// <param name="errors">Receives every error of every file: the file, the line, what is wrong and what to write.</param>
    public static IReadOnlyList<Source> Read(IReadOnlyList<string> folders, LimitOptions limits, ICollection<string> errors)
    {
        var read = new List<(Source Source, string Place)>();
        foreach (var file in folders.SelectMany(folder => YamlSection.ReadFolder(folder, errors)))
        {
            var source = Read(file, limits);
            foreach (var (other, place) in read)
            {
                if (other.Id == source.Id) file.AddError("id", $"the id '{source.Id}' is already used by the source in {place}; choose another id");
                if (!source.WriteKeyHashes.Any(hash => other.WriteKeyHashes.Any(hash.SequenceEqual))) continue;
                file.AddError("write_keys", $"a write key is also used by the source '{other.Id}' in {place}; use a different key for each source");
            }
            read.Add((source, file.Place));
        }
        return [.. read.Select(item => item.Source)];
    }

    private static Source Read(YamlSection file, LimitOptions limits)
    {
        var id = file.RequiredText("id", "write for example id: shop-web");
        if (id.Length > 0 && !Id().IsMatch(id))
        {
            file.AddError("id", $"'{id}' is not a valid source id; use at most 100 letters, digits, dots, hyphens and underscores");
        }
        var type = Type(file);
        var (rate, lowered) = Limits(file, limits, type == SourceType.Web ? Rate.OfWeb : null);
        var verification = file.Section("webhook") is { } webhook ? WebhookReader.Read(webhook, Environment.GetEnvironmentVariable) : null;
        var source = new Source
        {
            Id = id,
            Type = type,
            Trust = TrustReader.Read(file, type, verification),
            WriteKeyHashes = WriteKeyHashes(file),
            Enabled = file.Flag("enabled", true),
            Origins = Allowed(file),
            PublicUrl = PublicAddress.Read(file),
            Cookie = FirstPartyCookie.Read(file),
            Rate = rate,
            Limits = lowered,
            Mapping = file.Section("mapping") is { } mapping ? MappingReader.Read(mapping) : null,
            Verification = verification,
            ImportMappings = ImportMappings.Read(file),
        };
        CheckWebhook(file, source);
        file.RejectUnknownKeys();
        return source;
    }

    private static void CheckWebhook(YamlSection file, Source source)
    {
        if (source.Type != SourceType.Webhook)
        {
            if (source.Verification is not null)
                file.AddError("webhook", "'webhook' is only for sources of type webhook; change the type, or remove 'webhook'");
            return;
        }
        if (file.Node("webhook") is null)
        {
            file.AddError("'webhook' is missing, which a source of type webhook needs; write webhook: {verify: {scheme: …}}");
        }
        if (file.Node("mapping") is null)
        {
            var presets = string.Join(", ", Presets.Names);
            const string Missing = "'mapping' is missing, which a source of type webhook needs";
            file.AddError($"{Missing}; write mapping: {{preset: …}} with one of {presets}, or rules");
        }
    }

    private static SourceType Type(YamlSection file)
    {
        const string Remedy = "write server (the key is secret), web (pages and apps) or webhook";
        switch (file.RequiredText("type", Remedy))
        {
            case "server": return SourceType.Server;
            case "web": return SourceType.Web;
            case "webhook": return SourceType.Webhook;
            case "": return default;
            case var other:
                file.AddError("type", $"'{other}' is not a source type; {Remedy}");
                return default;
        }
    }

    private static List<byte[]> WriteKeyHashes(YamlSection file)
    {
        const string Command = "'dotnet run --project services/Ingestion -- --new-write-key' prints a new key and the hash to write here";
        var hashes = new List<byte[]>();
        foreach (var text in file.Texts("write_keys"))
        {
            if (text.Length == 64 && text.All(char.IsAsciiHexDigit)) hashes.Add(Convert.FromHexString(text));
            else file.AddError("write_keys", $"a write key must be written as its SHA-256, 64 hexadecimal digits; {Command}");
        }
        if (hashes.Count == 0 && file.Texts("write_keys").Count == 0) file.AddError("write_keys", $"'write_keys' is missing or empty; {Command}");
        return hashes;
    }

    private static Origins Allowed(YamlSection file)
    {
        var patterns = file.Texts("origins");
        foreach (var pattern in patterns.Where(pattern => !Origins.IsPattern(pattern)))
        {
            file.AddError("origins", $"'{pattern}' is not an origin; write for example https://shop.example or https://*.shop.example, without a path");
        }
        return new Origins(patterns);
    }

    private static (Rate? Rate, LimitOptions Limits) Limits(YamlSection file, LimitOptions limits, Rate? defaultRate)
    {
        if (file.Section("limits") is not { } section) return (defaultRate, limits);
        var perSecond = section.Number("events_per_second", 0, 1, 1_000_000);
        var burst = section.Number("burst", perSecond, 1, 10_000_000);
        if (perSecond == 0 && burst > 0) section.AddError("burst", "'burst' has no effect without 'events_per_second'; add that, or remove 'burst'");
        var lowered = limits with
        {
            EventBytes = section.Number("event_bytes", limits.EventBytes, 1, limits.EventBytes),
            RequestBytes = section.Number("request_bytes", limits.RequestBytes, 1, limits.RequestBytes),
            BatchEvents = section.Number("batch_events", limits.BatchEvents, 1, limits.BatchEvents),
        };
        section.RejectUnknownKeys();
        return (perSecond == 0 ? defaultRate : new Rate(perSecond, burst), lowered);
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,100}$")]
    private static partial Regex Id();
}
