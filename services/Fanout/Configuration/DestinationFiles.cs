using System.Globalization;
using System.Text.RegularExpressions;
using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations;
using Cdp.Destinations.Routing;
using Cdp.Hosting.Configuration;
using Cdp.Streaming.Consuming;
using YamlDotNet.RepresentationModel;

namespace Cdp.Fanout.Configuration;

/// <summary>Reads the destinations of a folder, one per file.</summary>
public static partial class DestinationFiles
{
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
        var type = file.RequiredText("type", "write webhook");
        if (type.Length > 0 && type != "webhook") file.AddError("type", $"'{type}' is not a type of destination; write webhook");
        var settings = Settings(file, id);
        var webhook = new WebhookOptions(Url(file), Secret(file, environment), file.Duration("timeout", TimeSpan.FromSeconds(10)), Headers(file));
        var router = new Router(id, Subscriptions.Read(file), Subscriptions.Filter(file));
        var destination = new ConfiguredDestination(settings, router, Start(file), TimeSpan.Zero, time => new Webhook(webhook, settings.Concurrency, time))
        {
            Type = type,
            Source = file.Source,
        };
        file.RejectUnknownKeys();
        return destination;
    }

    private static DeliverySettings Settings(YamlSection file, string id)
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
                ? null
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

    private static Uri Url(YamlSection file)
    {
        var text = file.RequiredText("url", "write the URL to which events are sent");
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0) return url;
        if (text.Length > 0) file.AddError("url", $"'{text}' is not an http or https URL without a user name; write one, and credentials as a header");
        return new Uri("http://invalid");
    }

    private static string? Secret(YamlSection file, Func<string, string?> environment)
    {
        var (secret, variable) = (file.Text("secret"), file.Text("secret_env"));
        if (secret is not null && variable is not null) file.AddError("secret_env", "'secret' and 'secret_env' are both set; keep one");
        if (variable is null) return secret;
        if (environment(variable) is { Length: > 0 } found) return found;
        file.AddError("secret_env", $"the environment variable {variable} is not set; set it to the secret");
        return null;
    }

    private static Dictionary<string, string> Headers(YamlSection file)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (file.Section("headers") is not { } section) return headers;
        using var probe = new HttpRequestMessage();
        foreach (var (name, node) in section.Members)
        {
            if (node is not YamlScalarNode { Value: { } value }) section.AddError(node, $"the header '{name}' must be a string; write one value");
            else if (Webhook.OwnHeaders.Contains(name)) section.AddError(node, $"the header '{name}' is set for each request; remove it");
            else if (value.AsSpan().ContainsAny('\r', '\n') || !probe.Headers.TryAddWithoutValidation(name, value))
            {
                section.AddError(node, $"the header '{name}' cannot be sent; fix its name or its value");
            }
            else headers[name] = value;
        }
        return headers;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$")]
    private static partial Regex Id();
}
