using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>Renders a JSON Schema as a table of members, with links to the schemas that it refers to.</summary>
public static class SchemaTable
{
    public static void Write(StringBuilder html, JsonElement schema)
    {
        var parts = schema.Items("allOf").ToList();
        foreach (var name in parts.Select(part => part.ReferredName()).OfType<string>()) html.Append($"<p>The members of {Link(name)} and:</p>\n");
        foreach (var part in parts.Where(part => part.ReferredName() is null).DefaultIfEmpty(schema)) WriteMembers(html, part);
        var choices = schema.Items("anyOf").SelectMany(choice => choice.Items("required"));
        var required = choices.Select(name => $"<code>{name.GetString()}</code>").ToList();
        if (required.Count > 0) html.Append($"<p>At least one of {string.Join(", ", required)} is required.</p>\n");
    }

    /// <summary>A short description of the type of a schema.</summary>
    public static string Type(JsonElement schema)
    {
        if (schema.ReferredName() is { } name) return Link(name);
        if (schema.Find("items") is { } items) return $"list of {Type(items)}";
        var values = schema.Items("enum").Select(value => $"<code>{Markdown.Text(value.ToString())}</code>").ToList();
        if (values.Count > 0) return string.Join(" or ", values);
        if (schema.Text("format") == "date-time") return "time";
        return schema.Find("type") switch
        {
            { ValueKind: JsonValueKind.Array } => string.Join(" or ", schema.Items("type").Select(type => type.GetString()).Where(type => type != "null")),
            { } type => type.GetString()!,
            null => "any",
        };
    }

    private static void WriteMembers(StringBuilder html, JsonElement schema)
    {
        var members = schema.Members("properties").ToList();
        if (members.Count == 0) return;
        var required = schema.Items("required").Select(name => name.GetString()).ToHashSet();
        html.Append("<table>\n");
        foreach (var member in members)
        {
            var name = $"<code>{Markdown.Text(member.Name)}</code>{(required.Contains(member.Name) ? " <em>required</em>" : "")}";
            html.Append($"<tr><td>{name}</td><td>{Type(member.Value)}</td><td>{Markdown.Line(member.Value.Text("description"))}</td></tr>\n");
        }
        html.Append("</table>\n");
    }

    private static string Link(string name) => $"<a href=\"#{name}\">{name}</a>";
}
