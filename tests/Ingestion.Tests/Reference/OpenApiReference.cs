using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Reference;

namespace Cdp.Ingestion.Tests.Reference;

/// <summary>The OpenAPI document, and the parts of the source code that must agree with it.</summary>
internal static class OpenApiReference
{
    public static readonly string Text = Read("openapi.json");
    public static readonly JsonElement Document = JsonElement.Parse(Text);

    public static string Template => Read("page.html");

    public static IReadOnlyList<string> Codes => [.. Document.Find("components", "schemas", "Code")!.Value.Items("enum").Select(code => code.GetString()!)];

    /// <summary>The codes of requests that no operation matches. The tests of the endpoints provoke them.</summary>
    public static IReadOnlyList<string> CodesWithoutOperation => [Rejection.UnknownPath.Code, Rejection.WrongMethod.Code];

    /// <summary>Every error code that the source code of the service uses for a rejection.</summary>
    public static IReadOnlyList<string> CodesInSource([CallerFilePath] string here = "") =>
    [
        .. from file in Directory.EnumerateFiles(
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../services/Ingestion")),
            "*.cs",
            SearchOption.AllDirectories)
           from Match match in Regex.Matches(File.ReadAllText(file), @"(?:\(\s*[2-5]\d\d,\s*|Code = )""([a-z0-9_]+)""")
           select match.Groups[1].Value,
    ];

    /// <summary>Every rejection that is a constant or is returned by a method with simple parameters, which get arbitrary values.</summary>
    public static IReadOnlyList<Rejection> Rejections()
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        Type[] simple = [typeof(int), typeof(string), typeof(TimeSpan)];
        var types = typeof(Rejection).Assembly.GetTypes();
        var constant = types.SelectMany(type => type.GetFields(Static))
            .Where(field => field.FieldType == typeof(Rejection))
            .Select(field => (Rejection)field.GetValue(null)!);
        var made = types.SelectMany(type => type.GetMethods(Static))
            .Where(
                method => method.ReturnType == typeof(Rejection)
                    && !method.IsSpecialName
                    && method.GetParameters().All(parameter => simple.Contains(parameter.ParameterType)))
            .Select(method => (Rejection)method.Invoke(null, [.. method.GetParameters().Select(parameter => SampleValue(parameter.ParameterType))])!);
        return [.. constant.Concat(made).DistinctBy(rejection => rejection.Code)];
    }

    /// <summary>The example answers of a response, with their names.</summary>
    public static IEnumerable<(string Name, JsonElement Body)> Answers(JsonElement response) =>
        Document.Resolve(response).Members("content", "application/json", "examples").Select(example => (example.Name, example.Value.Find("value")!.Value));

    /// <summary>The path of the operation, with each value of its listed path parameter.</summary>
    public static IEnumerable<string> Expand(Operation operation)
    {
        var listed = operation.Parameters.FirstOrDefault(parameter => parameter.Text("in") == "path" && parameter.Find("schema", "enum") is not null);
        return listed.ValueKind == JsonValueKind.Undefined ? [operation.Path]
            : listed.Find("schema")!.Value.Items("enum")
                .Select(value => operation.Path.Replace($"{{{listed.Text("name")}}}", value.GetString(), StringComparison.Ordinal));
    }

    private static object SampleValue(Type type) => type == typeof(int) ? 1 : type == typeof(string) ? "x" : TimeSpan.FromSeconds(1);

    private static string Read(string name)
    {
        using var stream = typeof(ReferencePage).Assembly.GetManifestResourceStream($"Cdp.Ingestion.Reference.{name}")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
