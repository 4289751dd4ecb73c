using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Schemas;

/// <summary>The definitions in the schema of one event, and the references to them.</summary>
internal sealed class SchemaReferences(YamlSection file)
{
    private const string Prefix = "#/definitions/";

    private readonly Dictionary<string, Schema> _definitions = new(StringComparer.Ordinal);
    private readonly List<(string Name, YamlNode At, List<Schema> Target)> _references = [];

    public void Define(string name, Schema schema) => _definitions[name] = schema;

    /// <summary>Adds a reference. The rule's schema is filled in by <see cref="Resolve"/>. Null, and a fault, if the node is not a reference.</summary>
    public AllRule? Add(YamlNode node)
    {
        if (node is not YamlScalarNode { Value: { } target } || !target.StartsWith(Prefix, StringComparison.Ordinal))
        {
            file.AddError(node, "'$ref' must be #/definitions/NAME; write a name from the definitions of this event's schema");
            return null;
        }
        var rule = new List<Schema>();
        _references.Add((target[Prefix.Length..], node, rule));
        return new AllRule(rule);
    }

    /// <summary>
    /// Fills in the schema of each reference. A reference that leads back to itself without a member or element in between would never end, and is a fault.
    /// </summary>
    public void Resolve(Schema root)
    {
        foreach (var (name, at, target) in _references)
        {
            if (_definitions.TryGetValue(name, out var definition)) target.Add(definition);
            else file.AddError(at, $"'$ref' names '{name}', which the definitions of this event's schema do not have; define it there, or fix the name");
        }
        var terminating = new HashSet<Schema>();
        foreach (var schema in _definitions.Values.Prepend(root))
        {
            if (!Terminates(schema, [], terminating)) break;
        }
    }

    private bool Terminates(Schema schema, HashSet<Schema> open, HashSet<Schema> terminating)
    {
        if (terminating.Contains(schema)) return true;
        open.Add(schema);
        foreach (var next in schema.Rules.SelectMany(InPlace))
        {
            if (open.Contains(next)) return Cycle(next);
            if (!Terminates(next, open, terminating)) return false;
        }
        open.Remove(schema);
        return terminating.Add(schema);
    }

    private bool Cycle(Schema schema)
    {
        var (name, at, _) = _references.Find(reference => reference.Target.Contains(schema));
        file.AddError(
            at,
            $"'$ref' to '{name}' leads back to itself without a member or an element in between, so checking would never end; refer to it from properties "
            + "or items only, or remove it");
        return false;
    }

    // The schemas that apply to the same value.
    private static IEnumerable<Schema> InPlace(Rule rule) => rule switch
    {
        AllRule all => all.Schemas,
        CountRule count => count.Schemas,
        _ => [],
    };
}
