using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Hosting.Configuration;

/// <summary>
/// A mapping in a YAML configuration file. Reading it collects every error as <c>FILE:LINE: what is wrong; how to fix it</c> and continues, so that one start
/// reports all of them. A key with an error returns a fallback, which is never used.
/// </summary>
public sealed class YamlSection(string file, YamlMappingNode node, ICollection<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Reads the files of a folder, <c>*.yaml</c> and <c>*.yml</c>, in order of their names. A folder that does not exist is empty.</summary>
    public static IReadOnlyList<YamlSection> ReadFolder(string folder, ICollection<string> errors)
    {
        if (!Directory.Exists(folder)) return [];
        try
        {
            var files = Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal);
            return [.. files.Select(file => Read(file, errors)).OfType<YamlSection>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{folder}: cannot be read: {e.Message}; fix its permissions or remove it");
            return [];
        }
    }

    /// <summary>Reads a file, which must consist of one mapping. Null, with an error, if it does not.</summary>
    public static YamlSection? Read(string file, ICollection<string> errors)
    {
        try
        {
            using var text = new StreamReader(file);
            return Read(file, text, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}:1: cannot be read: {e.Message}; fix its permissions or remove it");
            return null;
        }
    }

    /// <summary>Parses a string as the content of a file.</summary>
    public static YamlSection? Read(string file, TextReader text, ICollection<string> errors)
    {
        try
        {
            var yaml = text.ReadToEnd();
            if (YamlBounds.Check(yaml) is var (line, fault))
            {
                errors.Add($"{file}:{line}: {fault}");
                return null;
            }
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
                return new YamlSection(file, root, errors) { Source = yaml };
            errors.Add($"{file}:1: the file has {stream.Documents.Count} documents or no mapping; write one mapping of keys to values");
        }
        catch (YamlException e)
        {
            errors.Add($"{file}:{e.Start.Line}: {e.Message}; fix the YAML");
        }
        return null;
    }

    /// <summary>The name of the file and the line of the mapping, for messages about the configuration at run time.</summary>
    public string Place => $"{Path.GetFileName(file)}:{node.Start.Line}";

    /// <summary>The text of the whole file; empty for a mapping inside one.</summary>
    public string Source { get; private init; } = "";

    /// <summary>The YAML node of the mapping.</summary>
    public YamlMappingNode Mapping => node;

    /// <summary>The number of errors so far in all files that are read together.</summary>
    public int ErrorCount => errors.Count;

    /// <summary>Every member, in file order.</summary>
    public IEnumerable<(string Key, YamlNode Value)> Members
    {
        get
        {
            foreach (var (key, value) in node.Children)
            {
                if (key is not YamlScalarNode { Value: { } name })
                {
                    AddError(key, "the key must be a string; write a plain name");
                    continue;
                }
                _known.Add(name);
                yield return (name, value);
            }
        }
    }

    /// <summary>Adds an error at the line of the mapping.</summary>
    public void AddError(string error) => AddError(node, error);

    /// <summary>Adds an error at the line of a node, or of the mapping if the node is null.</summary>
    public void AddError(YamlNode? at, string error) => errors.Add($"{file}:{(at ?? node).Start.Line}: {error}");

    /// <summary>Adds an error at the line of a key, or of the mapping if the key is missing.</summary>
    public void AddError(string key, string error) => AddError(Find(key), error);

    /// <summary>A string; null if the key is missing.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode { Value.Length: > 0 } scalar => scalar.Value,
        var other => Reject<string?>(other, key, "must be a string; write one value", null),
    };

    /// <summary>A string. It is an error if the key is missing.</summary>
    public string RequiredText(string key, string remedy)
    {
        if (Find(key) is null) AddError(node, $"'{key}' is missing; {remedy}");
        return Text(key) ?? "";
    }

    /// <summary>A whole number within bounds.</summary>
    public int Number(string key, int fallback, int min, int max) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode scalar when int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max => number,
        var other => Reject(other, key, $"must be a whole number from {min} to {max}", fallback),
    };

    /// <summary>A boolean.</summary>
    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode { Value: "true" } => true,
        YamlScalarNode { Value: "false" } => false,
        var other => Reject(other, key, "must be true or false", fallback),
    };

    /// <summary>A positive duration, such as <c>500ms</c>, <c>10s</c>, <c>5m</c> or <c>24h</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode scalar when ParseDuration(scalar.Value ?? "") is { } duration => duration,
        var other => Reject(other, key, "must be a duration; write for example 500ms, 10s or 5m", fallback),
    };

    /// <summary>A string or a list of strings; empty if the key is missing.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) switch
    {
        null => [],
        YamlScalarNode { Value.Length: > 0 } scalar => [scalar.Value],
        YamlSequenceNode list when list.All(item => item is YamlScalarNode { Value.Length: > 0 }) =>
            [.. list.Select(item => ((YamlScalarNode)item).Value!)],
        var other => Reject<IReadOnlyList<string>>(other, key, "must be a string or a list of strings; write [a, b]", []),
    };

    /// <summary>A mapping; null if the key is missing.</summary>
    public YamlSection? Section(string key) => Find(key) switch
    {
        null => null,
        YamlMappingNode mapping => Within(mapping),
        var other => Reject<YamlSection?>(other, key, "must be a mapping; indent its keys below it", null),
    };

    /// <summary>The mappings of a list; empty if the key is missing.</summary>
    public IReadOnlyList<YamlSection> Sections(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list when list.All(item => item is YamlMappingNode) => [.. list.Select(item => Within((YamlMappingNode)item))],
        var other => Reject<IReadOnlyList<YamlSection>>(other, key, "must be a list of mappings; begin each with '- '", []),
    };

    /// <summary>A section for a mapping inside this one.</summary>
    public YamlSection Within(YamlMappingNode mapping) => new(file, mapping, errors);

    /// <summary>The value of a key, of any kind; null if the key is missing.</summary>
    public YamlNode? Node(string key) => Find(key);

    /// <summary>Adds an error for every key that was not read: it is misspelled, or has no meaning.</summary>
    public void RejectUnknownKeys()
    {
        foreach (var key in node.Children.Keys.OfType<YamlScalarNode>().Where(key => !_known.Contains(key.Value ?? "")))
        {
            AddError(key, $"'{key.Value}' is not a known key; use one of {string.Join(", ", _known.Order(StringComparer.Ordinal))}, or remove it");
        }
    }

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }

    private T Reject<T>(YamlNode at, string key, string fault, T fallback)
    {
        AddError(at, $"'{key}' {fault}");
        return fallback;
    }

    private static TimeSpan? ParseDuration(string text)
    {
        var unit = text.TrimStart("0123456789.".ToCharArray());
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        if (number is <= 0 or > 1_000_000) return null;
        return unit switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => null,
        };
    }
}
