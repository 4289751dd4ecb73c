using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations.BuiltIn;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Http;
using Cdp.Destinations.Routing;
using Cdp.Hosting.Configuration;
using Cdp.Streaming.Consuming;
using YamlDotNet.RepresentationModel;

namespace Cdp.Fanout.Configuration;

/// <summary>Reads the destinations of a folder, one per file.</summary>
public static partial class DestinationFiles
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(100);

    private static string Types => string.Join(", ", BuiltInDestinations.All.Select(description => description.Type));

    /// <param name="folder">The folder of the files. A folder that does not exist has no destinations.</param>
    /// <param name="environment">Looks up the environment variable that <c>secret_env</c> names.</param>
    /// <param name="errors">Receives every fault of every file, with file, line and remedy.</param>
    public static IReadOnlyList<ConfiguredDestination> Read(string folder, Func<string, string?> environment, ICollection<string> errors)
    {
        var destinations = new List<ConfiguredDestination>();
        foreach (var file in YamlSection.ReadFolder(folder, errors))
        {
            var destination = Read(file, environment);
            if (destinations.Any(other => other.Id == destination.Id))
            {
                file.AddError("id", $"there is another destination '{destination.Id}'; give each its own id");
            }
            destinations.Add(destination);
        }
        return destinations;
    }

    private static ConfiguredDestination Read(YamlSection file, Func<string, string?> environment)
    {
        var id = file.RequiredText("id", "give the destination its own name");
        if (id.Length > 0 && !Id().IsMatch(id)) file.AddError("id", $"'{id}' cannot name a consumer group; use lower-case letters, digits and hyphens");
        var type = file.RequiredText("type", $"write one of {Types}");
        var description = BuiltInDestinations.Find(type);
        if (description is null && type.Length > 0) file.AddError("type", $"'{type}' is not a type of destination; write one of {Types}");
        // The other keys are checked all the same.
        description ??= BuiltInDestinations.Find("webhook")!;
        var settings = Settings(file, id, description);
        var subscriptions = Subscriptions.Read(file, description);
        var options = new HttpSenderOptions
        {
            Timeout = file.Duration("timeout", TimeSpan.FromSeconds(10)),
            Connections = settings.Concurrency,
            AllowPrivate = file.Flag("allow_private", false),
        };
        var ofType = TypeSettings(file, description, environment, isKnown: type == description.Type);
        var routes = subscriptions.DistinctBy(subscription => subscription.Route.Name)
            .ToDictionary(subscription => subscription.Route.Name, subscription => subscription.Action, StringComparer.Ordinal);
        var destination = new ConfiguredDestination(
            settings,
            new Router(id, [.. subscriptions.Select(subscription => subscription.Route)], Subscriptions.Filter(file)),
            Start(file),
            file.Duration("linger", description.Actions.Values.Any(action => action.Batch.Items > 1) ? Linger : TimeSpan.Zero),
            time => description.Create(ofType, environment, options, time, [], routes)!)
        {
            Type = type,
            Source = file.Source,
        };
        file.RejectUnknownKeys();
        return destination;
    }

    // Those of a webhook are keys of the file. Without a valid type it is not known which settings there are.
    private static JsonElement TypeSettings(YamlSection file, DestinationDescription description, Func<string, string?> environment, bool isKnown)
    {
        var section = description.Type == "webhook" ? file : file.Section("settings");
        var settings = TypeSettings(section, description);
        if (!isKnown)
        {
            file.Node("settings");
            return settings;
        }
        foreach (var error in description.Check(settings, environment))
        {
            if (section is null) file.AddError("settings", error);
            else section.AddError(error[..error.IndexOfAny([' ', '.'])], error);
        }
        if (section != file) section?.RejectUnknownKeys();
        return settings;
    }

    private static JsonElement TypeSettings(YamlSection? section, DestinationDescription description)
    {
        var settings = new JsonObject();
        foreach (var setting in section is null ? [] : description.Settings)
        {
            if (section!.Node(setting.Name) is { } node) settings[setting.Name] = TypeSetting(setting, node);
            if (setting.Secret && section.Text($"{setting.Name}_env") is { } variable) settings[$"{setting.Name}_env"] = variable;
        }
        return JsonSerializer.SerializeToElement(settings);
    }

    // A plain 0123 is a secret or an id, whose zero counts.
    private static JsonNode? TypeSetting(SettingDescription setting, YamlNode node) => (setting.Type, node) switch
    {
        (SettingType.Integer or SettingType.Boolean, _) => JsonNode.Parse(YamlJson.Convert(node).GetRawText()),
        (_, YamlScalarNode scalar) => JsonValue.Create(scalar.Value),
        (SettingType.Headers, YamlMappingNode headers) => new JsonObject(
            headers.Children.Select(header => KeyValuePair.Create(header.Key.ToString(), Header(header.Value)))),
        _ => JsonNode.Parse(YamlJson.Convert(node).GetRawText()),
    };

    // A value that is not a string is reported with the other settings.
    private static JsonNode? Header(YamlNode value) => value is YamlScalarNode { Value: { } text } ? JsonValue.Create(text) : new JsonArray();

    private static DeliverySettings Settings(YamlSection file, string id, DestinationDescription description)
    {
        var order = file.Text("order") ?? "profile";
        if (order is not ("profile" or "none")) file.AddError("order", $"'{order}' is not an order; write profile or none");
        var (retry, throttle) = (file.Section("retry"), file.Section("throttle"));
        var defaults = new DeliverySettings { Id = id };
        var settings = defaults with
        {
            KeepsOrder = order != "none",
            Concurrency = file.Number("concurrency", defaults.Concurrency, 1, 1_000),
            MinAttempts = retry?.Number("attempts", defaults.MinAttempts, 1, 1_000) ?? defaults.MinAttempts,
            RetryWindow = retry?.Duration("window", defaults.RetryWindow) ?? defaults.RetryWindow,
            RequestsPerSecond = throttle is null
                ? description.Rate is { } rate ? rate.Requests / rate.Per.TotalSeconds : null
                : throttle.Number("requests", 10, 1, 1_000_000) / throttle.Duration("per", TimeSpan.FromSeconds(1)).TotalSeconds,
        };
        retry?.RejectUnknownKeys();
        throttle?.RejectUnknownKeys();
        return settings;
    }

    private static StartPosition Start(YamlSection file)
    {
        var text = file.Text("from") ?? "earliest";
        if (text == "earliest") return StartPosition.Earliest;
        if (text == "now") return StartPosition.Latest;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return StartPosition.At(time.UtcDateTime);
        file.AddError("from", $"'{text}' is not a start; write now, earliest, or a time such as 2026-01-31T00:00:00Z");
        return StartPosition.Earliest;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$")]
    private static partial Regex Id();
}
