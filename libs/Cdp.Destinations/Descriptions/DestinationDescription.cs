using System.Text.Json;
using Cdp.Destinations.Http;

namespace Cdp.Destinations.Descriptions;

/// <summary>How many requests a target takes in a time.</summary>
public sealed record RequestRate(int Requests, TimeSpan Per);

/// <summary>
/// A type of destination, as a YAML file describes it: settings, authentication, actions with their requests, how responses are interpreted, presets, and how a
/// customer's data is deleted. BuiltIn/README.md shows how to write one. Immutable; thread-safe.
/// </summary>
public sealed record DestinationDescription
{
    /// <summary>The name that operators write as the type of a destination.</summary>
    public required string Type { get; init; }

    /// <summary>The name of the target, for people.</summary>
    public required string Title { get; init; }

    public required IReadOnlyList<SettingDescription> Settings { get; init; }

    /// <summary>The actions by name.</summary>
    public required IReadOnlyDictionary<string, ActionDescription> Actions { get; init; }

    /// <summary>What operators can use without writing subscriptions and mappings. Of several that match an event, each triggers its action.</summary>
    public required IReadOnlyList<Preset> Presets { get; init; }

    /// <summary>Whether the target needs the events of a customer in order. If not, operators can choose <c>order: none</c> for larger batches.</summary>
    public bool NeedsOrder { get; init; }

    /// <summary>The most requests that the target takes; null if that is not known, or so many that it does not matter.</summary>
    public RequestRate? Rate { get; init; }

    /// <summary>How a customer's data is deleted; null if the target has no request for that.</summary>
    public DeletionDescription? Deletion { get; init; }

    internal AuthenticationTemplate Authentication { get; init; } = AuthenticationTemplate.None;

    /// <summary>Reads a description.</summary>
    /// <param name="name">The name of the file, for errors.</param>
    /// <param name="yaml">The text of the file, YAML or JSON.</param>
    /// <param name="errors">Receives every fault: file, path, what is wrong, and the remedy.</param>
    /// <returns>The description; null if there was a fault.</returns>
    public static DestinationDescription? Parse(string name, string yaml, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return YamlJson.Read(name, yaml, errors) is { } json ? DescriptionReader.Read(name, json, errors) : null;
    }

    /// <summary>Makes a destination of this type.</summary>
    /// <param name="settings">An object with the settings; a secret NAME may be replaced by NAME_env, the name of an environment variable.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="options">How requests are sent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="errors">Receives every fault: <c>SETTING what is wrong; the remedy</c>.</param>
    /// <param name="routes">
    /// The action for each name that items carry, where several subscriptions of the operator trigger the same action; null if items carry names of actions.
    /// </param>
    /// <returns>The destination, which the caller disposes; null if there was a fault.</returns>
    public HttpDestination? Create(
        JsonElement settings,
        Func<string, string?> environment,
        HttpSenderOptions options,
        TimeProvider time,
        ICollection<string> errors,
        IReadOnlyDictionary<string, string>? routes = null) =>
        ReadSettings(settings, environment, errors) is { } read ? new HttpDestination(this, read, new HttpSender(options, time), time, routes) : null;

    /// <summary>Checks the settings of a destination of this type.</summary>
    /// <param name="settings">As for <see cref="Create"/>.</param>
    /// <param name="environment">As for <see cref="Create"/>.</param>
    /// <returns>Every fault: <c>SETTING what is wrong; the remedy</c>.</returns>
    public IReadOnlyList<string> Check(JsonElement settings, Func<string, string?> environment)
    {
        List<string> errors = [];
        ReadSettings(settings, environment, errors);
        return errors;
    }

    internal DestinationSettings? ReadSettings(JsonElement settings, Func<string, string?> environment, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return DestinationSettings.Read(this, settings, environment, errors);
    }
}
