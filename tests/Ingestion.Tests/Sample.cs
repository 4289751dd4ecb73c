using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Tests;

/// <summary>A recorded request of a real SDK.</summary>
internal sealed record Sample(string Method, string Path, JsonObject? Body, string? Encoding, bool SendsKeyInHeader)
{
    public IEnumerable<JsonObject> Events => Body!["batch"] is JsonArray batch ? batch.Select(item => item!.AsObject()) : [Body];

    /// <summary>The files hold one JSON object after another.</summary>
    public static List<Sample> Read(string file)
    {
        var reader = new Utf8JsonReader(File.ReadAllBytes(file), new JsonReaderOptions { AllowMultipleValues = true });
        var samples = new List<Sample>();
        while (reader.Read())
        {
            var request = JsonNode.Parse(ref reader)!.AsObject();
            var headers = request["headers"]!.AsObject();
            samples.Add(new Sample((string)request["method"]!, (string)request["url"]!, request["body"] as JsonObject, (string?)headers["content-encoding"], headers.ContainsKey("authorization")));
        }
        return samples;
    }
}
