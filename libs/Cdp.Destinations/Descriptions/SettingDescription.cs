using System.Text.Json;

namespace Cdp.Destinations.Descriptions;

/// <summary>The type of a setting.</summary>
public enum SettingType : byte
{
    /// <summary>A string; a number is taken as it is written.</summary>
    String,

    /// <summary>An http or https URL without a user name.</summary>
    Url,

    /// <summary>A whole number above 0.</summary>
    Integer,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>HTTP headers: names and values.</summary>
    Headers,
}

/// <summary>Something that operators set for a destination.</summary>
/// <param name="Name">Its key in the destination's file. The value of a secret can also stand in an environment variable, which NAME_env names.</param>
/// <param name="Description">What it is and where to find it, for people.</param>
public sealed record SettingDescription(string Name, string Description)
{
    public SettingType Type { get; init; }

    public bool Required { get; init; }

    /// <summary>Whether its value must not be shown or logged.</summary>
    public bool Secret { get; init; }

    /// <summary>The values that are allowed, with what the templates of requests see for each; null for any value.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Choices { get; init; }

    /// <summary>The value if it is not set; null for none.</summary>
    public JsonElement? Default { get; init; }
}
