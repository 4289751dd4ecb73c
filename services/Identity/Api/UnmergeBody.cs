using System.Text.Json;
using cdp;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Api;

/// <summary>The body of an unmerge request: <c>{"identifiers":[{"type":"…","value":"…"}],"reason":"…"}</c>.</summary>
/// <param name="Identifiers">The identifiers that leave their profile, normalised and distinct.</param>
/// <param name="Reason">The operator's reason, if any.</param>
/// <param name="Faults">Everything that is wrong with the body, each fault with its place; empty if the body is valid.</param>
public sealed record UnmergeBody(IReadOnlyList<Identifier> Identifiers, string? Reason, IReadOnlyList<string> Faults)
{
    /// <summary>As many identifiers as a profile may have by default. More have to be sent in several requests.</summary>
    public const int MaxIdentifiers = 1_000;

    /// <summary>The maximum length of the reason in UTF-16 code units.</summary>
    public const int MaxReasonLength = 1_000;

    private const string Remedy = "send {\"identifiers\":[{\"type\":\"…\",\"value\":\"…\"}],\"reason\":\"…\"}";

    /// <summary>Parses and checks a body.</summary>
    /// <param name="json">The body.</param>
    /// <param name="normalise">Returns the identifier of a type and a value in its stored form.</param>
    public static UnmergeBody Parse(ReadOnlyMemory<byte> json, Func<string, string, Identifier> normalise)
    {
        if (json.IsEmpty) return Invalid($"the request has no body; {Remedy}");
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, normalise);
        }
        catch (JsonException e)
        {
            return Invalid($"the body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; {Remedy}");
        }
        catch (InvalidOperationException)
        {
            // The parser checks the encoding of a string only when the string is read.
            return Invalid("a string in the body is not valid Unicode: it holds half of a surrogate pair or bytes that are not UTF-8; send valid UTF-8");
        }
    }

    private static UnmergeBody Invalid(string fault) => new([], null, [fault]);

    private static UnmergeBody Parse(JsonElement body, Func<string, string, Identifier> normalise)
    {
        if (body.ValueKind != JsonValueKind.Object) return Invalid($"the body is not a JSON object; {Remedy}");
        var faults = new List<string>();
        foreach (var member in body.EnumerateObject().Where(member => member.Name is not ("identifiers" or "reason")))
        {
            faults.Add($"{member.Name} is unknown; the members are identifiers and reason");
        }
        var identifiers = ParseIdentifiers(body, normalise, faults);
        return new UnmergeBody(identifiers, ParseReason(body, faults), faults);
    }

    private static List<Identifier> ParseIdentifiers(JsonElement body, Func<string, string, Identifier> normalise, List<string> faults)
    {
        var identifiers = new List<Identifier>();
        if (!body.TryGetProperty("identifiers", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            faults.Add("identifiers is missing; list at least one identifier that should leave its profile");
            return identifiers;
        }
        if (list.GetArrayLength() > MaxIdentifiers)
        {
            faults.Add($"identifiers has {list.GetArrayLength()} items; send at most {MaxIdentifiers} in one request");
            return identifiers;
        }
        foreach (var (item, i) in list.EnumerateArray().Select((item, i) => (item, i)))
        {
            if (Text(item, "type") is not { } type) faults.Add($"identifiers[{i}].type is missing; it must be a string such as anonymous_id");
            else if (Text(item, "value") is not { } value) faults.Add($"identifiers[{i}].value is missing; it must be a string");
            else identifiers.Add(normalise(type, value));
        }
        return [.. identifiers.Distinct(IdentifierComparer.Instance)];
    }

    private static string? ParseReason(JsonElement body, List<string> faults)
    {
        if (!body.TryGetProperty("reason", out var reason) || reason.ValueKind == JsonValueKind.Null) return null;
        if (reason.ValueKind != JsonValueKind.String)
        {
            faults.Add("reason must be a string");
            return null;
        }
        var text = reason.GetString()!;
        if (text.Length > MaxReasonLength) faults.Add($"reason has {text.Length} characters; send at most {MaxReasonLength}");
        return text;
    }

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
