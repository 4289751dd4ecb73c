using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>What an upload was answered.</summary>
internal sealed record Upload(int Status, string MediaType, IReadOnlyList<JsonObject> Lines)
{
    /// <summary>The last line: the ledger, or the reason of a refusal.</summary>
    public JsonObject Last => Lines[^1];

    public string? Code => (string?)Last["error"]?["code"];

    public string? Message => (string?)Last["error"]?["message"];

    public (long Read, long Skipped, long Accepted, long Rejected) Counts => ((long)Last["read"]!, (long)Last["skipped"]!, (long)Last["accepted"]!, (long)Last["rejected"]!);

    public static Task<Upload> SendAsync(IngestionHost host, string query, string text, string key = "WK") => SendAsync(host, query, Encoding.UTF8.GetBytes(text), key);

    public static Task<Upload> SendAsync(IngestionHost host, string query, byte[] body, string key = "WK", string? encoding = null)
    {
        var content = new ByteArrayContent(body);
        if (encoding is not null) content.Headers.ContentEncoding.Add(encoding);
        return SendAsync(host, query, content, key);
    }

    private static async Task<Upload> SendAsync(IngestionHost host, string query, HttpContent content, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/import/file?" + query) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        using var response = await host.Client.SendAsync(request);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new Upload((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", [.. lines.Select(line => JsonNode.Parse(line)!.AsObject())]);
    }
}
