using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Destinations.Fql;
using Xunit;

namespace Cdp.Destinations.Tests.Fql;

/// <summary>FQL agrees with the reference implementations, apart from the listed differences.</summary>
public sealed class FqlVectorTests
{
    private const string NumbersAsTexts = "values of other types are never equal: a text is no number, and 'p != 5' is true where p is missing or a text";
    private const string NegatedFunctions = "'!' negates: a function of a missing field or of one that holds no text is false, so its negation is true";

    private const string TypeNames = "typeof(true) is \"bool\", as Segment's documentation says; the reference answers \"boolean\"";

    [Fact]
    public void Matches_SubscriptionsOfRealDestinations_AgreesOnEachEvent()
    {
        var corpus = Vectors.Read("corpus-fql.json");
        var events = corpus["events"]!.AsArray().Select(Element).ToList();
        Vectors.Compare(
            "corpus-fql.json",
            corpus["cases"]!.AsArray(),
            one => string.Join(' ', one!["matches"]!.AsArray()),
            one => string.Join(' ', Indexes(FqlExpression.Parse((string)one!["fql"]!), events)),
            _ => null);
    }

    [Fact]
    public void Matches_HeadersOfRealEvents_NeverContradictsTheEvent()
    {
        var corpus = Vectors.Read("corpus-fql.json");
        var events = corpus["events"]!.AsArray().Select(Element).ToList();
        foreach (var expression in corpus["cases"]!.AsArray().Select(one => FqlExpression.Parse((string)one!["fql"]!)))
        {
            foreach (var @event in events)
            {
                var type = @event.GetProperty("type").GetString()!;
                var name = @event.TryGetProperty("event", out var member) ? member.GetString() : null;
                if (expression.Matches(type, name) is { } decided) Assert.Equal(expression.Matches(@event), decided);
            }
        }
    }

    [Fact]
    public void Matches_ConditionsOfTheReferencesTests_Agrees() => Vectors.Compare(
        "fql-upstream.json validate",
        Vectors.Calls("fql-upstream.json", "validate").Where(call => call["args"]![0]!["children"] is not null && call["args"]![1] is JsonObject),
        call => call["result"]!.ToJsonString(),
        call => FqlExpression.Parse(Subscription.Text(call["args"]![0]!.AsObject())).Matches(Element(call["args"]![1])) ? "true" : "false",
        call => Difference(call["args"]![0]!.ToJsonString()));

    [Fact]
    public void Parse_TextsOfTheReferencesTests_AreReadOrRefused() => Vectors.Compare(
        "fql-upstream.json parseFql and generateFql",
        Vectors.Calls("fql-upstream.json", "parseFql").Select(call => (Text: (string)call["args"]![0]!, Valid: call["result"]!["error"] is null))
            .Concat(Vectors.Calls("fql-upstream.json", "generateFql").Where(call => call["result"] is JsonValue)
                .Select(call => (Text: (string)call["result"]!, Valid: true))),
        one => one.Valid ? "read" : "refused",
        one => Reads(one.Text) ? "read" : "refused",
        one => one.Text switch
        {
            "typo" or "type" => "a field alone is a condition, which is true if the field is true",
            "type = " => "the reference compares with the word 'eos'; a comparison without a right side is refused",
            _ => null,
        });

    [Fact]
    public void Matches_PrefixArraysOfTheServers_Agrees() => Vectors.Compare(
        "tsub-upstream.json matchers",
        Vectors.Calls("tsub-upstream.json", "matchers").Where(call => Ir(call) is not null),
        call => call["error"] is null ? call["result"]!.ToJsonString() : "refused",
        call => Evaluate(PrefixArray.Text(Ir(call)!), Element(call["args"]![0])),
        call => ((string)call["args"]![1]!["ir"]!).Contains("typeof", StringComparison.Ordinal) ? TypeNames : null);

    private static JsonElement Element(JsonNode? node) => JsonSerializer.SerializeToElement(node);

    private static IEnumerable<int> Indexes(FqlExpression expression, List<JsonElement> events) =>
        Enumerable.Range(0, events.Count).Where(i => expression.Matches(events[i]));

    private static JsonNode? Ir(JsonObject call)
    {
        var matcher = call["args"]![1]!;
        if ((string?)matcher["type"] != "fql" || (string?)matcher["ir"] is not { Length: > 0 } text) return null;
        return text.StartsWith("Invalid", StringComparison.Ordinal) ? null : JsonNode.Parse(text);
    }

    private static string Evaluate(string text, JsonElement @event)
    {
        try
        {
            return FqlExpression.Parse(text).Matches(@event) ? "true" : "false";
        }
        catch (FqlException)
        {
            return "refused";
        }
    }

    private static bool Reads(string text)
    {
        try
        {
            FqlExpression.Parse(text);
            return true;
        }
        catch (FqlException)
        {
            return false;
        }
    }

    private static string? Difference(string ast)
    {
        string[] negated = ["not_contains", "not_starts_with", "not_ends_with"];
        if (negated.Any(part => ast.Contains(part, StringComparison.Ordinal))) return NegatedFunctions;
        string[] numbers = ["number_equals", "number_not_equals", "\">\"", "\"<\"", "\"\\u003E", "\"\\u003C", "\"!=\"", "\"=\""];
        return numbers.Any(part => ast.Contains(part, StringComparison.Ordinal)) ? NumbersAsTexts : null;
    }
}
