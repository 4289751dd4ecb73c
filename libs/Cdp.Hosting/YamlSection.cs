using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Hosting;

/// <summary>
/// A mapping in a YAML configuration file. Reading it collects every fault as <c>FILE:LINE: what is wrong; what to do</c> and goes on,
/// so that one start tells them all; what a faulty key answers is a fallback that is never used.
/// </summary>
public sealed class YamlSection(string file, YamlMappingNode node, ICollection<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>The files of a folder, <c>*.yaml</c> and <c>*.yml</c> in order of name. A folder that does not exist is an empty one.</summary>
    public static IReadOnlyList<YamlSection> ReadFolder(string folder, ICollection<string> errors)
    {
        if (!Directory.Exists(folder)) return [];
        var files = Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal);
        return [.. files.Select(file => Read(file, errors)).OfType<YamlSection>()];
    }

    /// <summary>The one mapping that a file must hold; null, and a fault, where it holds something else.</summary>
    public static YamlSection? Read(string file, ICollection<string> errors)
    {
        try
        {
            using var text = new StreamReader(file);
            return Read(file, text, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}:1: cannot be read: {e.Message}; mend its permissions or remove it");
            return null;
        }
    }

    /// <summary>As of a file, of a text that goes by the file's name.</summary>
    public static YamlSection? Read(string file, TextReader text, ICollection<string> errors)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(text);
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root) return new YamlSection(file, root, errors);
            errors.Add($"{file}:1: holds {stream.Documents.Count} documents or no mapping; write one mapping of keys to values");
        }
        catch (YamlException e)
        {
            errors.Add($"{file}:{e.Start.Line}: {e.Message}; mend the YAML");
        }
        return null;
    }

    /// <summary>The file's name and the line of the mapping, for messages that are read elsewhere than where the file is.</summary>
    public string Place => $"{Path.GetFileName(file)}:{node.Start.Line}";

    /// <summary>The mapping as it was read.</summary>
    public YamlMappingNode Mapping => node;

    /// <summary>How many faults there are so far, in all that is read together.</summary>
    public int FaultCount => errors.Count;

    /// <summary>Every member, in the order of the file.</summary>
    public IEnumerable<(string Key, YamlNode Value)> Members
    {
        get
        {
            foreach (var (key, value) in node.Children)
            {
                if (key is not YamlScalarNode { Value: { } name })
                {
                    Fault(key, "the key is not a text; write a plain name");
                    continue;
                }
                _known.Add(name);
                yield return (name, value);
            }
        }
    }

    /// <summary>Adds a fault at the node's line, or at the mapping's where there is no node.</summary>
    public void Fault(YamlNode? at, string fault) => errors.Add($"{file}:{(at ?? node).Start.Line}: {fault}");

    /// <summary>Adds a fault at the line of a key, or at the mapping's where it is missing.</summary>
    public void Fault(string key, string fault) => Fault(Find(key), fault);

    /// <summary>A text; null where the key is missing.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode { Value.Length: > 0 } scalar => scalar.Value,
        var other => Reject<string?>(other, key, "is not a text; write one value", null),
    };

    /// <summary>A text that must be there.</summary>
    public string RequiredText(string key, string remedy)
    {
        if (Find(key) is null) Fault(node, $"'{key}' is missing; {remedy}");
        return Text(key) ?? "";
    }

    public int Number(string key, int fallback, int min, int max) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode scalar when int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max => number,
        var other => Reject(other, key, $"is not a whole number from {min} to {max}; write one", fallback),
    };

    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode { Value: "true" } => true,
        YamlScalarNode { Value: "false" } => false,
        var other => Reject(other, key, "is neither true nor false; write one of them", fallback),
    };

    /// <summary>A duration longer than zero such as <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>24h</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback) => Find(key) switch
    {
        null => fallback,
        YamlScalarNode scalar when ParseDuration(scalar.Value ?? "") is { } duration => duration,
        var other => Reject(other, key, "is not a duration; write for example 500ms, 10s or 5m", fallback),
    };

    /// <summary>One text or a list of them; empty where the key is missing.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) switch
    {
        null => [],
        YamlScalarNode { Value.Length: > 0 } scalar => [scalar.Value],
        YamlSequenceNode list when list.All(item => item is YamlScalarNode { Value.Length: > 0 }) => [.. list.Select(item => ((YamlScalarNode)item).Value!)],
        var other => Reject<IReadOnlyList<string>>(other, key, "is neither a text nor a list of texts; write [a, b]", []),
    };

    /// <summary>A mapping; null where the key is missing.</summary>
    public YamlSection? Section(string key) => Find(key) switch
    {
        null => null,
        YamlMappingNode mapping => Within(mapping),
        var other => Reject<YamlSection?>(other, key, "is not a mapping; indent its keys below it", null),
    };

    /// <summary>The mappings of a list; empty where the key is missing.</summary>
    public IReadOnlyList<YamlSection> Sections(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list when list.All(item => item is YamlMappingNode) => [.. list.Select(item => Within((YamlMappingNode)item))],
        var other => Reject<IReadOnlyList<YamlSection>>(other, key, "is not a list of mappings; write each as an item that begins with '- '", []),
    };

    /// <summary>A mapping found among this one's nodes.</summary>
    public YamlSection Within(YamlMappingNode mapping) => new(file, mapping, errors);

    /// <summary>What stands behind a key, whatever it is; null where the key is missing.</summary>
    public YamlNode? Node(string key) => Find(key);

    /// <summary>Adds a fault for every key that nobody has asked for: it is misspelt, or means nothing.</summary>
    public void RejectUnknownKeys()
    {
        foreach (var key in node.Children.Keys.OfType<YamlScalarNode>().Where(key => !_known.Contains(key.Value ?? "")))
        {
            Fault(key, $"'{key.Value}' is not a key here; use one of {string.Join(", ", _known.Order(StringComparer.Ordinal))}, or remove it");
        }
    }

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }

    private T Reject<T>(YamlNode at, string key, string fault, T fallback)
    {
        Fault(at, $"'{key}' {fault}");
        return fallback;
    }

    private static TimeSpan? ParseDuration(string text)
    {
        var unit = text.TrimStart("0123456789.".ToCharArray());
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number is <= 0 or > 1_000_000) return null;
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
