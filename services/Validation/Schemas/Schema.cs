using System.Text.RegularExpressions;
using Cdp.Validation.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Schemas;

/// <summary>A JSON Schema in the form that values are checked with. Immutable once loaded.</summary>
public sealed class Schema
{
    private readonly List<Rule> _rules = [];

    /// <summary>A value must satisfy all of them.</summary>
    public IReadOnlyList<Rule> Rules => _rules;

    internal void Add(Rule rule) => _rules.Add(rule);
}

/// <summary>A requirement of a schema, on a value itself or on its members or elements.</summary>
public abstract record Rule;

/// <summary>A requirement on the value itself. A value of another type satisfies it; a number, for example, satisfies every pattern.</summary>
/// <param name="Kind">One of <see cref="ViolationKinds.All"/>.</param>
/// <param name="Message">What is required. It quotes the schema, never the event, because values are personal data.</param>
/// <param name="Holds">Checks a value. It must be pure and take time linear in the length of the value.</param>
public sealed record Assertion(string Kind, string Message, Func<JToken, bool> Holds) : Rule;

/// <summary>enum and const: the value must be one of these.</summary>
public sealed record ValuesRule(string Message, JsonSet Values) : Rule;

/// <summary>Members that an object must have.</summary>
public sealed record RequiredRule(IReadOnlyList<string> Names) : Rule;

/// <summary>properties, patternProperties and additionalProperties.</summary>
/// <param name="Named">The schema of each named member.</param>
/// <param name="Matching">The schemas of members whose names match a pattern.</param>
/// <param name="Additional">The rule for all other members; null if they may be anything.</param>
public sealed record MembersRule(
    IReadOnlyDictionary<string, Schema> Named, IReadOnlyList<(Regex Pattern, Schema Schema)> Matching, AdditionalRule? Additional) : Rule;

/// <summary>items and additionalItems: a schema for each of the first elements, and a rule for those after them.</summary>
public sealed record ItemsRule(IReadOnlyList<Schema> First, AdditionalRule? Additional) : Rule;

/// <summary>The schema for members or elements that are not listed; null if there must be none.</summary>
public sealed record AdditionalRule(Schema? Schema);

/// <summary>uniqueItems: all elements must be different.</summary>
public sealed record UniqueRule : Rule;

/// <summary>allOf and $ref: the value must satisfy every schema. The schema of a reference is filled in once the definitions are read.</summary>
public sealed record AllRule(IReadOnlyList<Schema> Schemas) : Rule;

/// <summary>anyOf, oneOf and not: how many of the schemas the value must satisfy.</summary>
/// <param name="Kind">The keyword.</param>
/// <param name="Message">What is required.</param>
/// <param name="Schemas">The schemas.</param>
/// <param name="Min">The minimum number of schemas that the value must satisfy.</param>
/// <param name="Max">The maximum number of schemas that the value may satisfy.</param>
public sealed record CountRule(string Kind, string Message, IReadOnlyList<Schema> Schemas, int Min, int Max) : Rule;
