using System.Text.Json;
using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Answering;

/// <summary>What an operator asks to be taken apart: <c>{"identifiers":[{"type":"…","value":"…"}],"reason":"…"}</c>.</summary>
/// <param name="Identifiers">Those that leave, normalised, each once.</param>
/// <param name="Reason">What the operator wrote.</param>
/// <param name="Faults">Everything that is wrong with the body, each with its place; empty when all is well.</param>
public sealed record UnmergeBody(IReadOnlyList<Identifier> Identifiers, string? Reason, IReadOnlyList<string> Faults)
{
    /// <summary>As many as a profile may have by default; of one that has more they leave in portions.</summary>
    public const int MostIdentifiers = 1_000;

    public const int LongestReason = 1_000;

    /// <param name="json">The body.</param>
    /// <param name="normalised">The identifier of a type and a value, in the form in which it is kept.</param>
    public static UnmergeBody Read(ReadOnlyMemory<byte> json, Func<string, string, Identifier> normalised)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement, normalised);
        }
        catch (JsonException e)
        {
            return new UnmergeBody([], null, [$"the body is no JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; send {{\"identifiers\":[{{\"type\":\"…\",\"value\":\"…\"}}],\"reason\":\"…\"}}"]);
        }
        catch (InvalidOperationException)
        {
            // What the parser checks only when a text is asked for.
            return new UnmergeBody([], null, ["the body holds what is no text: half of a surrogate pair, or bytes that are no UTF-8"]);
        }
    }

    private static UnmergeBody Read(JsonElement body, Func<string, string, Identifier> normalised)
    {
        var faults = new List<string>();
        if (body.ValueKind != JsonValueKind.Object) return new UnmergeBody([], null, ["the body is no object; send {\"identifiers\":[{\"type\":\"…\",\"value\":\"…\"}],\"reason\":\"…\"}"]);
        foreach (var member in body.EnumerateObject().Where(member => member.Name is not ("identifiers" or "reason"))) faults.Add($"{member.Name} is not known here; there are identifiers and reason");
        var identifiers = ReadIdentifiers(body, normalised, faults);
        return new UnmergeBody(identifiers, ReadReason(body, faults), faults);
    }

    private static List<Identifier> ReadIdentifiers(JsonElement body, Func<string, string, Identifier> normalised, List<string> faults)
    {
        var read = new List<Identifier>();
        if (!body.TryGetProperty("identifiers", out var all) || all.ValueKind != JsonValueKind.Array || all.GetArrayLength() == 0)
        {
            faults.Add("identifiers is missing; name those that are to leave their profile, at least one");
            return read;
        }
        if (all.GetArrayLength() > MostIdentifiers)
        {
            faults.Add($"identifiers has {all.GetArrayLength()} items; send at most {MostIdentifiers} at once");
            return read;
        }
        foreach (var (item, i) in all.EnumerateArray().Select((item, i) => (item, i)))
        {
            if (Member(item, "type") is not { } type) faults.Add($"identifiers[{i}].type is missing; it is a text such as anonymous_id");
            else if (Member(item, "value") is not { } value) faults.Add($"identifiers[{i}].value is missing; it is a text");
            else read.Add(normalised(type, value));
        }
        return [.. read.Distinct(IdentifierComparer.Instance)];
    }

    private static string? ReadReason(JsonElement body, List<string> faults)
    {
        if (!body.TryGetProperty("reason", out var reason) || reason.ValueKind == JsonValueKind.Null) return null;
        if (reason.ValueKind != JsonValueKind.String) faults.Add("reason is no text");
        else if (reason.GetString()!.Length > LongestReason) faults.Add($"reason has {reason.GetString()!.Length} characters; at most {LongestReason} are kept with the decision");
        else return reason.GetString();
        return null;
    }

    private static string? Member(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
