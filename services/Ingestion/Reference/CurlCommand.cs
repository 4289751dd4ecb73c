using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>Writes an example request as a curl command with the placeholders WRITE_KEY and HOST.</summary>
public static class CurlCommand
{
    /// <param name="operation">The operation to call.</param>
    /// <param name="contentType">The type of the body; null if there is no body.</param>
    /// <param name="body">The body: JSON, or a JSON string whose content is sent unchanged.</param>
    public static string Write(Operation operation, string? contentType, JsonElement? body)
    {
        var key = body?.Find("writeKey") is null ? Key(operation.Content) : null;
        var command = "curl";
        if (operation.Method is not ("GET" or "POST")) command += $" -X {operation.Method}";
        if (key == "writeKey") command += " -u WRITE_KEY:";
        command += $" {Url(operation, key == "writeKeyInQuery")}";
        if (body is not { } sent) return command;
        if (sent.ValueKind == JsonValueKind.String) return $"{command} -H 'Content-Type: {contentType}' --data-binary '{Quoted(sent.GetString()!)}'";
        return $"{command} -d '{Quoted(JsonLayout.Write(sent))}'";
    }

    // The first security scheme of the operation.
    private static string? Key(JsonElement operation) =>
        operation.Items("security").Take(1).SelectMany(way => way.EnumerateObject()).Select(scheme => scheme.Name).FirstOrDefault();

    private static string Url(Operation operation, bool hasKey)
    {
        var (path, query) = (operation.Path.Replace("{writeKey}", "WRITE_KEY", StringComparison.Ordinal), new List<string>());
        if (hasKey) query.Add("writeKey=WRITE_KEY");
        foreach (var parameter in operation.Parameters)
        {
            if (parameter.Find("example") is not { } example) continue;
            var (name, value) = (parameter.Text("name"), Uri.EscapeDataString(example.ToString()));
            if (parameter.Text("in") == "path") path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
            else query.Add($"{name}={value}");
        }
        return query.Count == 0 ? $"https://HOST{path}" : $"'https://HOST{path}?{string.Join('&', query)}'";
    }

    private static string Quoted(string text) => text.Replace("'", @"'\''", StringComparison.Ordinal);
}
