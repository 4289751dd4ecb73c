using System.Text.RegularExpressions;
using Cdp.Hosting;
using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Webhooks;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Sources;

/// <summary>Reads the sources of folders, one a file.</summary>
public static partial class SourceFiles
{
    /// <param name="folders">A folder that does not exist holds no source.</param>
    /// <param name="limits">The service's, which a source may lower.</param>
    /// <param name="errors">Gets every fault of every file, with file, line and remedy.</param>
    public static IReadOnlyList<Source> Read(IReadOnlyList<string> folders, LimitOptions limits, ICollection<string> errors)
    {
        var sources = new List<Source>();
        foreach (var file in folders.SelectMany(folder => YamlSection.ReadFolder(folder, errors)))
        {
            var source = Read(file, limits);
            if (sources.Any(other => other.Id == source.Id)) file.Fault("id", $"there is another source '{source.Id}'; give each an id of its own");
            if (source.WriteKeyHashes.Any(hash => sources.Any(other => other.WriteKeyHashes.Any(hash.SequenceEqual)))) file.Fault("write_keys", "a write key is another source's too; give each source keys of its own");
            sources.Add(source);
        }
        return sources;
    }

    private static Source Read(YamlSection file, LimitOptions limits)
    {
        var id = file.RequiredText("id", "give the source a name of its own");
        if (id.Length > 0 && !Id().IsMatch(id)) file.Fault("id", $"'{id}' cannot name a source; use letters, digits, dots, hyphens and underscores, 100 at most");
        var (rate, lowered) = Limits(file, limits);
        var source = new Source
        {
            Id = id,
            Type = Type(file),
            WriteKeyHashes = WriteKeyHashes(file),
            Enabled = file.Flag("enabled", true),
            Origins = Allowed(file),
            PublicUrl = PublicAddress.Read(file),
            Cookie = FirstPartyCookie.Read(file),
            Rate = rate,
            Limits = lowered,
            Mapping = file.Section("mapping") is { } mapping ? EventMapping.Read(mapping) : null,
            Verification = file.Section("webhook") is { } webhook ? WebhookReader.Read(webhook, Environment.GetEnvironmentVariable) : null,
            ImportMappings = ImportMappings.Read(file),
        };
        var isWebhook = source.Type == SourceType.Webhook;
        if (isWebhook && file.Node("webhook") is null) file.Fault((YamlNode?)null, "'webhook' is missing, which a source of type webhook needs; write webhook: {verify: {scheme: …}}");
        if (isWebhook && file.Node("mapping") is null) file.Fault((YamlNode?)null, $"'mapping' is missing, which a source of type webhook needs; write mapping: {{preset: …}} with one of {string.Join(", ", Presets.Names)}, or rules");
        if (!isWebhook && source.Verification is not null) file.Fault("webhook", "'webhook' is for sources of type webhook; change the type, or remove it");
        file.RejectUnknownKeys();
        return source;
    }

    private static SourceType Type(YamlSection file)
    {
        const string Remedy = "write server (the key is secret), web (browsers and apps), or webhook";
        switch (file.RequiredText("type", Remedy))
        {
            case "server": return SourceType.Server;
            case "web": return SourceType.Web;
            case "webhook": return SourceType.Webhook;
            case "": return default;
            case var other:
                file.Fault("type", $"'{other}' is not a type of source; {Remedy}");
                return default;
        }
    }

    private static List<byte[]> WriteKeyHashes(YamlSection file)
    {
        var hashes = new List<byte[]>();
        foreach (var text in file.Texts("write_keys"))
        {
            if (text.Length == 64 && text.All(char.IsAsciiHexDigit)) hashes.Add(Convert.FromHexString(text));
            else file.Fault("write_keys", "a write key is kept as its SHA-256, 64 hexadecimal digits; `ingestion --new-write-key` draws a key and prints both");
        }
        if (hashes.Count == 0 && file.Texts("write_keys").Count == 0) file.Fault("write_keys", "'write_keys' is missing or empty; `ingestion --new-write-key` draws a key and prints what to write here");
        return hashes;
    }

    private static Origins Allowed(YamlSection file)
    {
        var patterns = file.Texts("origins");
        foreach (var pattern in patterns.Where(pattern => !Origins.IsPattern(pattern))) file.Fault("origins", $"'{pattern}' is not an origin; write for example https://shop.example or https://*.shop.example, without a path");
        return new Origins(patterns);
    }

    private static (Rate? Rate, LimitOptions Limits) Limits(YamlSection file, LimitOptions limits)
    {
        if (file.Section("limits") is not { } section) return (null, limits);
        var perSecond = section.Number("events_per_second", 0, 1, 1_000_000);
        var burst = section.Number("burst", perSecond, 1, 10_000_000);
        if (perSecond == 0 && burst > 0) section.Fault("burst", "'burst' means nothing without 'events_per_second'; add that, or remove this");
        var lowered = limits with
        {
            EventBytes = section.Number("event_bytes", limits.EventBytes, 1, limits.EventBytes),
            RequestBytes = section.Number("request_bytes", limits.RequestBytes, 1, limits.RequestBytes),
            BatchEvents = section.Number("batch_events", limits.BatchEvents, 1, limits.BatchEvents),
        };
        section.RejectUnknownKeys();
        return (perSecond == 0 ? null : new Rate(perSecond, burst), lowered);
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,100}$")]
    private static partial Regex Id();
}
