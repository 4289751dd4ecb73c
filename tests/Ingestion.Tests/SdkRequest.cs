using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Tests;

/// <summary>A request that a real SDK sent, recorded in the folder <c>samples</c>.</summary>
internal sealed record SdkRequest(string Method, string Path, JsonObject? Body, string? Encoding, bool SendsKeyInHeader)
{
    public IEnumerable<JsonObject> Events => Body!["batch"] is JsonArray batch ? batch.Select(item => item!.AsObject()) : [Body];

    /// <summary>Reads a file of JSON objects, each of them a request.</summary>
    public static List<SdkRequest> Read(string file)
    {
        var reader = new Utf8JsonReader(File.ReadAllBytes(file), new JsonReaderOptions { AllowMultipleValues = true });
        var requests = new List<SdkRequest>();
        while (reader.Read())
        {
            var request = JsonNode.Parse(ref reader)!.AsObject();
            var headers = request["headers"]!.AsObject();
            requests.Add(
                new SdkRequest(
                    (string)request["method"]!,
                    (string)request["url"]!,
                    request["body"] as JsonObject,
                    (string?)headers["content-encoding"],
                    headers.ContainsKey("authorization")));
        }
        return requests;
    }
}
