using System.Text.RegularExpressions;
using Avro;

namespace Cdp.Architecture.Tests.Schemas;

/// <summary>The records of a folder of .avsc files, by name.</summary>
internal static partial class SchemaFolder
{
    public const string Today = "schemas";
    public const string Released = "schemas/released";

    /// <summary>The folders of all releases, oldest first.</summary>
    public static IEnumerable<string> Releases =>
        Directory.EnumerateDirectories(Repository.Absolute(Released)).Select(folder => Path.GetFileName(folder)!)
            .OrderBy(int.Parse)
            .Select(release => $"{Released}/{release}");

    /// <summary>The contents of a folder's schema files.</summary>
    public static Dictionary<string, string> Texts(string folder) =>
        Directory.EnumerateFiles(Repository.Absolute(folder), "*.avsc").ToDictionary(file => Path.GetFileNameWithoutExtension(file)!, File.ReadAllText);

    /// <summary>Parses records that name each other. A record that is named is parsed first, because the parser requires it.</summary>
    public static IReadOnlyDictionary<string, RecordSchema> Parse(IReadOnlyDictionary<string, string> texts)
    {
        var names = new SchemaNames();
        var parsed = new Dictionary<string, RecordSchema>();
        foreach (var name in texts.Keys) Add(name);
        return parsed;

        void Add(string name)
        {
            if (parsed.ContainsKey(name)) return;
            foreach (Match reference in ReferencePattern.Matches(texts[name]))
            {
                if (texts.ContainsKey(reference.Groups[1].Value)) Add(reference.Groups[1].Value);
            }
            parsed.Add(name, (RecordSchema)Schema.Parse(texts[name], names));
        }
    }

    [GeneratedRegex(@"""cdp\.(\w+)""")]
    private static partial Regex ReferencePattern { get; }
}
