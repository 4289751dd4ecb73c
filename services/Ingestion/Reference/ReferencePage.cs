using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>
/// Renders the OpenAPI document as a static HTML page, once at startup. The page has no scripts and loads nothing, because it may be served from the domain of
/// a shop, where the scripts of an API viewer would be a security risk.
/// </summary>
public static class ReferencePage
{
    /// <param name="document">The OpenAPI document.</param>
    /// <param name="template">HTML with the placeholders {{title}}, {{contents}} and {{body}}.</param>
    public static string Render(JsonElement document, string template)
    {
        var byTag = document.Operations().ToLookup(operation => operation.Content.Items("tags").First().GetString());
        var (contents, body) = (new StringBuilder(), new StringBuilder());
        body.Append(Markdown.Paragraphs(document.Find("info")!.Value.Text("description")));
        foreach (var tag in document.Items("tags"))
        {
            var name = tag.Text("name");
            contents.Append($"<h2><a href=\"#{name}\">{name}</a></h2>\n<ul>\n");
            body.Append($"<section id=\"{name}\">\n<h2>{name}</h2>\n<p>{Markdown.Line(tag.Text("description"))}</p>\n");
            foreach (var operation in byTag[name])
            {
                var path = Markdown.Text(operation.Path).Replace("/", "/<wbr>", StringComparison.Ordinal);
                contents.Append($"<li><a href=\"#{operation.Id}\">{Method(operation)}<code>{path}</code></a></li>\n");
                WriteOperation(body, document, operation);
            }
            contents.Append("</ul>\n");
            body.Append("</section>\n");
        }
        contents.Append("<h2><a href=\"#errors\">Errors</a></h2>\n<h2><a href=\"#schemas\">Schemas</a></h2>\n");
        WriteErrors(body, document);
        WriteSchemas(body, document);
        return template
            .Replace("{{title}}", Markdown.Text(document.Find("info", "title")!.Value.GetString()!), StringComparison.Ordinal)
            .Replace("{{contents}}", contents.ToString(), StringComparison.Ordinal)
            .Replace("{{body}}", body.ToString(), StringComparison.Ordinal);
    }

    private static string Method(Operation operation) => $"<span class=\"method {operation.Method}\">{operation.Method}</span> ";

    private static void WriteOperation(StringBuilder html, JsonElement document, Operation operation)
    {
        html.Append($"<article id=\"{operation.Id}\">\n<h3>{Method(operation)}<code>{Markdown.Text(operation.Path)}</code></h3>\n");
        html.Append($"<p class=\"summary\">{Markdown.Line(operation.Content.Text("summary"))}</p>\n");
        if (operation.Content.Text("description") is { Length: > 0 } description) html.Append(Markdown.Paragraphs(description));
        WriteParameters(html, operation);
        WriteBody(html, operation);
        WriteResponses(html, document, operation);
        html.Append("</article>\n");
    }

    private static void WriteParameters(StringBuilder html, Operation operation)
    {
        // Header parameters are the same for all operations and are described at the top of the page.
        var parameters = operation.Parameters.Where(parameter => parameter.Text("in") != "header").ToList();
        if (parameters.Count == 0) return;
        html.Append("<table>\n");
        foreach (var parameter in parameters)
        {
            var name = $"<code>{Markdown.Text(parameter.Text("name"))}</code> <em>{parameter.Text("in")}</em>";
            var type = SchemaTable.Type(parameter.Find("schema")!.Value);
            html.Append($"<tr><td>{name}</td><td>{type}</td><td>{Markdown.Line(parameter.Text("description"))}</td></tr>\n");
        }
        html.Append("</table>\n");
    }

    private static void WriteBody(StringBuilder html, Operation operation)
    {
        var media = operation.Content.Members("requestBody", "content").ToList();
        if (media.Count == 0)
        {
            if (operation.Content.Find("requestBody") is null) html.Append($"<pre>{Markdown.Text(CurlCommand.Write(operation, null, null))}</pre>\n");
            return;
        }
        html.Append("<p>Body: ");
        html.AppendJoin(", or ", media.Select(type => $"<code>{type.Name}</code>, {SchemaTable.Type(type.Value.Find("schema")!.Value)}"));
        html.Append(".</p>\n");
        foreach (var type in media)
        {
            foreach (var example in type.Value.Members("examples")) WriteExample(html, operation, type.Name, example.Value);
            if (type.Value.Find("example") is { } only) html.Append($"<pre>{Markdown.Text(CurlCommand.Write(operation, type.Name, only))}</pre>\n");
        }
    }

    private static void WriteExample(StringBuilder html, Operation operation, string contentType, JsonElement example)
    {
        var response = example.Text("x-answer") is { Length: > 0 } code ? $", which responds with <code>{code}</code>" : "";
        html.Append($"<p class=\"caption\">{Markdown.Line(example.Text("summary"))}{response}</p>\n");
        html.Append($"<pre>{Markdown.Text(CurlCommand.Write(operation, contentType, example.Find("value")))}</pre>\n");
    }

    // Errors are described once for all operations, so here they are only links.
    private static void WriteResponses(StringBuilder html, JsonElement document, Operation operation)
    {
        var refusals = new List<string>();
        foreach (var status in operation.Content.Members("responses"))
        {
            if (status.Value.ReferredName() is { } name && status.Name != "200")
            {
                refusals.Add($"<a href=\"#{name}\">{status.Name}</a>");
                continue;
            }
            var response = document.Resolve(status.Value);
            html.Append($"<p><strong>{status.Name}</strong> {Markdown.Line(response.Text("description"))}</p>\n");
            WriteHeaders(html, response);
            foreach (var type in response.Members("content"))
            {
                foreach (var example in type.Value.Members("examples")) html.Append($"<pre>{Json(example.Value.Find("value")!.Value)}</pre>\n");
                if (type.Value.Find("example") is { } only) html.Append($"<pre>{Json(only)}</pre>\n");
            }
        }
        if (refusals.Count > 0) html.Append($"<p>Errors: {string.Join(", ", refusals)}.</p>\n");
    }

    private static void WriteHeaders(StringBuilder html, JsonElement response)
    {
        foreach (var header in response.Members("headers"))
        {
            html.Append($"<p><code>{header.Name}</code>: {Markdown.Line(header.Value.Text("description"))}</p>\n");
        }
    }

    private static void WriteErrors(StringBuilder html, JsonElement document)
    {
        var statuses = (from operation in document.Operations()
                        from status in operation.Content.Members("responses")
                        where status.Name != "200" && status.Value.ReferredName() is not null
                        select (Status: status.Name, Name: status.Value.ReferredName()!)).Distinct().OrderBy(status => status.Status, StringComparer.Ordinal);
        html.Append("<section id=\"errors\">\n<h2>Errors</h2>\n<p>Why requests are refused, by status and code.</p>\n");
        foreach (var (status, name) in statuses)
        {
            var response = document.Find("components", "responses", name)!.Value;
            html.Append($"<article id=\"{name}\">\n<h3>{status}</h3>\n<p>{Markdown.Line(response.Text("description"))}</p>\n");
            WriteHeaders(html, response);
            html.Append("<table>\n");
            foreach (var example in response.Members("content", "application/json", "examples"))
            {
                var error = example.Value.Find("value", "error")!.Value;
                var code = $"<code>{Markdown.Text(error.Text("code"))}</code>";
                var summary = Markdown.Line(example.Value.Text("summary"));
                html.Append($"<tr><td>{code}</td><td>{summary}</td><td>{Markdown.Text(error.Text("message"))}</td></tr>\n");
            }
            html.Append("</table>\n</article>\n");
        }
        html.Append("</section>\n");
    }

    private static void WriteSchemas(StringBuilder html, JsonElement document)
    {
        html.Append("<section id=\"schemas\">\n<h2>Schemas</h2>\n<p>The parts of requests and responses.</p>\n");
        foreach (var schema in document.Members("components", "schemas"))
        {
            html.Append($"<article id=\"{schema.Name}\">\n<h3>{schema.Name}</h3>\n");
            if (schema.Value.Text("description") is { Length: > 0 } description) html.Append(Markdown.Paragraphs(description));
            if (schema.Value.Find("enum") is not null) html.Append($"<p>{SchemaTable.Type(schema.Value)}.</p>\n");
            SchemaTable.Write(html, schema.Value);
            html.Append("</article>\n");
        }
        html.Append("</section>\n");
    }

    private static string Json(JsonElement value) => Markdown.Text(JsonLayout.Write(value));
}
