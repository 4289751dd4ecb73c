using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Tests.Mapping;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class PresetPropertyTests
{
    [Fact]
    public void Map_MutatedVendorSample_IsMappedCompletelyOrNotAtAll()
    {
        var samples = VendorSample.All.ToArray();
        Gen.Select(Gen.Int[0, samples.Length - 1], Gen.Select(Gen.Int[0, 500], RandomPayload.Json).Array[1, 4]).Sample(
            (index, changes) =>
            {
                var (vendor, name) = samples[index];
                var (body, headers) = (JsonNode.Parse(VendorSample.Body(vendor, name))!, VendorSample.Headers(vendor, name));
                foreach (var (at, value) in changes) Replace(body, at, value);
                var result = VendorSample.Presets[vendor].Map(VendorSample.Payload(Encoding.UTF8.GetBytes(body.ToJsonString()), headers));
                return result.Faults.Count == 0 || result.Events.Count == 0;
            },
            iter: 1_000);
    }

    // Replaces one value of the body: the one that a traversal reaches at this position.
    private static void Replace(JsonNode body, int at, string value)
    {
        var open = new Stack<JsonNode>([body]);
        while (open.TryPop(out var node))
        {
            if (node is JsonObject members)
            {
                foreach (var (name, member) in members.ToList())
                {
                    if (at-- == 0)
                    {
                        members[name] = ParseNode(value);
                        return;
                    }
                    if (member is JsonObject or JsonArray) open.Push(member);
                }
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items.Where(item => item is not null)) open.Push(item!);
            }
        }
    }

    // JsonNode supports neither unpaired surrogates nor duplicate names, and only fails when it is read. Such values are replaced by a string.
    private static JsonNode? ParseNode(string json)
    {
        try
        {
            var node = JsonNode.Parse(json);
            ReadAll(node);
            return node;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JsonException)
        {
            return JsonValue.Create("odd");
        }
    }

    private static void ReadAll(JsonNode? node)
    {
        if (node is JsonObject members) foreach (var (_, member) in members) ReadAll(member);
        else if (node is JsonArray items) foreach (var item in items) ReadAll(item);
        else _ = node?.ToJsonString();
    }
}
