using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Cdp.Architecture.Tests.Documentation;

/// <summary>Compares the options in the documents with the records that are bound from the configuration, in both directions.</summary>
public sealed partial class OptionTests
{
    private const string Shared = "libs/Cdp.Hosting/README.md";

    private static readonly (string Document, Type Options)[] Services =
    [
        .. Repository.Folders("services").Where(name => name is not ("Local" or "Cli"))
            .Select(name => ($"services/{name}/README.md", Named($"Cdp.{name}", $"{name}Options"))),
    ];

    // Read by the tests and the benchmarks directly, not bound to a record.
    private static readonly Lazy<string> TestSources =
        new(() => string.Join('\n', Repository.Files(".cs").Where(file => file.StartsWith("tests/", StringComparison.Ordinal)).Select(Repository.Read)));

    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Options_NamedInADocument_Exist(string document)
    {
        var text = Repository.Read(document);
        var tables = new MarkdownDocument(text).Tables.Where(IsOfOptions).SelectMany(table => table.Skip(1)).SelectMany(row => Keys(row[0]));
        var variables = VariablePattern.Matches(text).Select(match => match.Value)
            .Where(name => name.Contains("__") || !TestSources.Value.Contains($"\"{name}\""));
        var arguments = ArgumentPattern.Matches(text).Select(match => match.Groups["key"].Value);
        var keys = tables.Concat(variables.Select(name => name["CDP_".Length..].Replace("__", ":"))).Concat(arguments);
        Expect.NoFaults(keys.Distinct()
            .Where(key => !Roots(document).Any(root => Exists(root, key.Split(':'))))
            .Select(key => $"{document}: no service has the option {key}"));
    }

    [Fact]
    public void Options_OfEveryService_AreInItsDocument()
    {
        var shared = AllKeys(new MarkdownDocument(Repository.Read(Shared)));
        var faults = new List<string>();
        foreach (var (document, options) in Services)
        {
            var named = AllKeys(new MarkdownDocument(Repository.Read(document))).Concat(shared).ToArray();
            var missing = Leaves(options, "").Where(leaf => !named.Any(key => Covers(key, leaf)));
            faults.AddRange(missing.Select(leaf => $"{document} does not have the option {leaf}"));
        }
        Expect.NoFaults(faults);
    }

    [Fact]
    public void Options_OfLocal_AreInItsDocument()
    {
        var named = new MarkdownDocument(Repository.Read("services/Local/README.md")).CodeSpans.ToHashSet();
        var usage = (string)Named("Cdp.Local", "LocalOptions").GetField("Usage")!.GetValue(null)!;
        Expect.NoFaults(LocalOptionPattern.Matches(usage).Select(match => match.Value)
            .Where(option => option is not ("--help" or "--infra" or "--demo") && !named.Contains(option))
            .Select(option => $"services/Local/README.md does not have the option {option}"));
    }

    // By name, so that a record can move to another folder without a change here.
    private static Type Named(string assembly, string name) => Assembly.Load(assembly).GetTypes().Single(type => type.Name == name);

    private static bool IsOfOptions(IReadOnlyList<IReadOnlyList<string>> table) =>
        table[0] is ["key" or "option", "default", ..] && !table[1][0].Contains("`--", StringComparison.Ordinal);

    private static string[] AllKeys(MarkdownDocument document) =>
        [.. document.Tables.Where(IsOfOptions).SelectMany(table => table.Skip(1)).SelectMany(row => Keys(row[0]))];

    // A cell names one or more options; `…:Password` is in the section of the option before it.
    private static IEnumerable<string> Keys(string cell)
    {
        var section = "";
        foreach (var span in new MarkdownDocument(cell).CodeSpans)
        {
            var key = span.StartsWith("…:", StringComparison.Ordinal) ? section + span[1..] : span;
            section = key.Contains(':') ? key[..key.LastIndexOf(':')] : "";
            yield return key;
        }
    }

    private static IEnumerable<Type> Roots(string document)
    {
        var own = Services.Where(service => service.Document == document).Select(service => service.Options).ToArray();
        return [.. own.Length > 0 ? own : Services.Select(service => service.Options), Named("Cdp.Hosting", "ListenerOptions")];
    }

    private static bool Exists(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty || path[0] is "*" or "…") return true;
        if (typeof(IDictionary).IsAssignableFrom(type) || IsDictionary(type)) return path.Length == 1;
        if (Element(type) is { } element) return (path[0] == "N" || int.TryParse(path[0], out _)) && Exists(element, path[1..]);
        return Property(type, path[0]) is { } property && Exists(property.PropertyType, path[1..]);
    }

    private static PropertyInfo? Property(Type type, string name) =>
        IsSection(type) ? type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance) : null;

    private static IEnumerable<string> Leaves(Type type, string path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var key = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            if (IsSection(property.PropertyType)) foreach (var leaf in Leaves(property.PropertyType, key)) yield return leaf;
            else yield return key;
        }
    }

    // `Sources:N` covers the list Sources.
    private static bool Covers(string key, string leaf) => key == leaf || key.StartsWith(leaf + ":", StringComparison.Ordinal);

    private static bool IsSection(Type type) => type.Namespace!.StartsWith("Cdp.", StringComparison.Ordinal) && !type.IsEnum;

    private static bool IsDictionary(Type type) => type.IsGenericType && type.GetGenericArguments().Length == 2;

    private static Type? Element(Type type) => type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)) ? type.GetGenericArguments()[0] : null;

    [GeneratedRegex(@"\bCDP_\w+")]
    private static partial Regex VariablePattern { get; }

    [GeneratedRegex(@"(?<=\s|`)--(?<key>[A-Z]\w*(?::\w+)*)(?==)")]
    private static partial Regex ArgumentPattern { get; }

    [GeneratedRegex(@"--[a-z-]+")]
    private static partial Regex LocalOptionPattern { get; }
}
