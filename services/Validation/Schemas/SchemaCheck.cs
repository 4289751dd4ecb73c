using System.Text;
using System.Text.Json;
using Cdp.Validation.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Schemas;

/// <summary>Checks a JSON text against a schema. It finds all violations, not only the first, in bounded time.</summary>
public sealed class SchemaCheck
{
    /// <summary>
    /// Steps for each byte of the text. A step is a schema applied to a value, a rule checked, or a member or element visited. A list of numbers with five
    /// rules for each number takes four steps per byte. With a recursive schema that has branches, the number can double with each level of the event.
    /// </summary>
    /// <remarks>A batch of 8 MiB takes fewer than 100,000,000 steps of about 0.1 µs, far below max.poll.interval.ms.</remarks>
    private const int StepsPerByte = 8;

    /// <summary>Additional steps for a text of any size, because even a small event may have a large plan.</summary>
    private const int BaseSteps = 10_000;

    /// <summary>About how many characters a rule reads in the time of a step.</summary>
    private const int CharactersPerStep = 16;

    /// <summary>The maximum nesting of schema applications, which prevents a stack overflow.</summary>
    private const int MaxDepth = 1_000;

    private readonly long _budget;
    private long _steps;
    private int _depth;
    private bool _isOver;

    private SchemaCheck(long budget) => _budget = budget;

    /// <summary>How many steps a text may take to check.</summary>
    /// <param name="bytes">The length of the text in UTF-8 bytes.</param>
    public static long Budget(int bytes) => BaseSteps + ((long)StepsPerByte * bytes);

    /// <summary>Finds the violations in a text.</summary>
    /// <param name="json">The sender's text.</param>
    /// <param name="schema">The schema that it must satisfy.</param>
    /// <param name="root">The tree of the text, to which the findings refer; null if the text is not a JSON object.</param>
    public static Findings Check(string json, Schema schema, out JObject? root)
    {
        root = null;
        try
        {
            root = JsonTree.Parse(json) as JObject;
        }
        catch (JsonException e)
        {
            return Findings.Of(ViolationKinds.Json, $"is not valid JSON, or is nested too deep: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
        if (root is null) return Findings.Of(ViolationKinds.Json, "must be a JSON object");
        var (check, findings) = (new SchemaCheck(Budget(Encoding.UTF8.GetByteCount(json))), new Findings());
        check.Check(schema, root, findings);
        if (check._isOver)
        {
            findings = Findings.Of(
                ViolationKinds.Json,
                $"takes more than {check._budget} steps to check, or nests more than {MaxDepth} schemas; simplify the plan's anyOf, oneOf, not and $ref, "
                + "or send less in one event");
        }
        findings.Steps = check._steps;
        return findings;
    }

    // If findings is null, only the result matters, so the check stops at the first violation.
    private bool Check(Schema schema, JToken value, Findings? findings)
    {
        Spend(0);
        if (++_depth > MaxDepth) _isOver = true;
        var holds = true;
        foreach (var rule in schema.Rules)
        {
            if (_isOver || (!holds && findings is null)) break;
            holds &= Check(rule, value, findings);
        }
        _depth--;
        return holds;
    }

    private bool Check(Rule rule, JToken value, Findings? findings)
    {
        Spend(Length(value));
        switch (rule)
        {
            case Assertion assertion: return assertion.Holds(value) || Report(findings, assertion.Kind, assertion.Message, value);
            case ValuesRule values: return Contains(values.Values, value) || Report(findings, "enum", values.Message, value);
            case RequiredRule required: return value is not JObject owner || Required(required, owner, findings);
            case MembersRule members: return value is not JObject parent || Members(members, parent, findings);
            case ItemsRule items: return value is not JArray array || Items(items, array, findings);
            case UniqueRule: return value is not JArray list || AreUnique(list) || Report(findings, "uniqueItems", "must not repeat an element", value);
            case AllRule all: return Every(all.Schemas, schema => Check(schema, value, findings), findings);
            case CountRule count:
                var satisfied = 0;
                foreach (var schema in count.Schemas)
                {
                    if (Check(schema, value, findings: null) && ++satisfied > count.Max) break;
                }
                return (satisfied >= count.Min && satisfied <= count.Max) || Report(findings, count.Kind, count.Message, value);
            default: throw new InvalidOperationException($"no check for {rule}");
        }
    }

    private bool Required(RequiredRule rule, JObject members, Findings? findings) => Every(rule.Names, name =>
    {
        Spend(name.Length);
        return members.ContainsKey(name) || Report(findings, ViolationKinds.Required, $"'{name}' is missing", members, name);
    }, findings);

    private bool Members(MembersRule rule, JObject members, Findings? findings) => Every(members.Properties(), member =>
    {
        Spend(member.Name.Length);
        var isKnown = rule.Named.TryGetValue(member.Name, out var named);
        var holds = named is null || Check(named, member.Value, findings);
        foreach (var (pattern, schema) in rule.Matching)
        {
            Spend(member.Name.Length);
            if (_isOver || !pattern.IsMatch(member.Name)) continue;
            isKnown = true;
            holds &= Check(schema, member.Value, findings);
        }
        if (isKnown || rule.Additional is not { } additional) return holds;
        return additional.Schema is null
            ? Report(findings, "additionalProperties", "is not a member that the plan lists", member.Value)
            : Check(additional.Schema, member.Value, findings);
    }, findings);

    private bool Items(ItemsRule rule, JArray elements, Findings? findings) => Every(elements.Select((element, i) => (element, i)), one =>
    {
        Spend(0);
        if (one.i < rule.First.Count) return Check(rule.First[one.i], one.element, findings);
        if (rule.Additional is not { } additional) return true;
        return additional.Schema is null
            ? Report(findings, "additionalItems", $"must have {rule.First.Count} elements or fewer", one.element)
            : Check(additional.Schema, one.element, findings);
    }, findings);

    private bool AreUnique(JArray elements)
    {
        var seen = new JsonSet();
        return Every(elements, element =>
        {
            var isNew = seen.Add(element, out var characters);
            Spend(characters + Length(element));
            return isNew;
        }, findings: null);
    }

    private bool Contains(JsonSet values, JToken value)
    {
        var contains = values.Contains(value, out var characters);
        Spend(characters);
        return contains;
    }

    private bool Every<T>(IEnumerable<T> all, Func<T, bool> check, Findings? findings)
    {
        var holds = true;
        foreach (var one in all)
        {
            if (_isOver || (!holds && findings is null)) break;
            holds &= check(one);
        }
        return holds;
    }

    private void Spend(int characters) => _isOver |= (_steps += 1 + (characters / CharactersPerStep)) > _budget;

    private bool Report(Findings? findings, string kind, string message, JToken value, string? missing = null)
    {
        if (findings is not null) Spend(findings.Add(kind, message, value, missing));
        return false;
    }

    private static int Length(JToken value) => value is JValue { Value: string text } ? text.Length : 0;
}
