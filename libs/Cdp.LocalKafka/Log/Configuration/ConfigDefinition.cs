using System.Globalization;

namespace Cdp.LocalKafka.Log.Configuration;

/// <summary>A config that topics can have.</summary>
/// <param name="Default">The default of Apache Kafka 4.0.</param>
/// <param name="Broker">
/// The broker config that provides the default (Kafka's ServerTopicConfigSynonyms). Null if that broker config is itself unset by default.
/// </param>
/// <param name="Min">The smallest allowed number. Null for no bound.</param>
/// <param name="Max">The largest allowed number. Null for no bound.</param>
/// <param name="Choices">The allowed words, also for the elements of a list. Null allows any.</param>
internal sealed record ConfigDefinition(
    string Name,
    ConfigType Type,
    string Default,
    string? Broker,
    string Documentation,
    double? Min = null,
    double? Max = null,
    string[]? Choices = null)
{
    /// <summary>Returns the value in the form in which it is stored and shown, or what is wrong with it.</summary>
    public (string? Value, string? Problem) Parse(string text)
    {
        var value = text.Trim();
        switch (Type)
        {
            case ConfigType.Boolean when bool.TryParse(value, out var boolean):
                return (boolean ? "true" : "false", null);
            case ConfigType.Int when int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                return InRange(number, number.ToString(CultureInfo.InvariantCulture));
            case ConfigType.Long when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                return InRange(number, number.ToString(CultureInfo.InvariantCulture));
            case ConfigType.Double when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                return InRange(number, number.ToString(CultureInfo.InvariantCulture));
            case ConfigType.String when Allowed(value):
                return (value, null);
            case ConfigType.List when Elements(value) is var elements && elements.TrueForAll(Allowed):
                return (string.Join(',', elements), null);
            default:
                var expected = Choices is null ? Type.ToString().ToLowerInvariant() : string.Join(", ", Choices);
                return (null, $"invalid value '{text}' for config '{Name}': expected {expected}");
        }
    }

    /// <summary>The elements of a comma-separated list. An empty string has none.</summary>
    public static List<string> Elements(string list) => [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private bool Allowed(string word) => Choices is null || Choices.Contains(word);

    private (string?, string?) InRange(double number, string value)
    {
        var bound = $"invalid value {value} for config '{Name}': it must be";
        if (number < Min) return (null, $"{bound} at least {Min.Value.ToString(CultureInfo.InvariantCulture)}");
        if (number > Max) return (null, $"{bound} at most {Max.Value.ToString(CultureInfo.InvariantCulture)}");
        return (value, null);
    }
}

/// <summary>The effective value of a config.</summary>
internal readonly record struct ConfigValue(ConfigDefinition Definition, string Value, ConfigSource Source);

/// <summary>Where a config's value comes from, as DescribeConfigs numbers it.</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>Config types as DescribeConfigs numbers them.</summary>
internal enum ConfigType : sbyte
{
    Boolean = 1,
    String = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}
