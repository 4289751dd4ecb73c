using System.Globalization;
using System.Text.RegularExpressions;
using Cdp.Hosting.Configuration;
using Cdp.Identifiers.Types;
using PhoneNumbers;
using YamlDotNet.RepresentationModel;

namespace Cdp.Identifiers.Configuration;

/// <summary>Reads the identity configuration: <c>types</c>, <c>blocked</c>, <c>region</c>, <c>caps</c>. A key that is left out has its default.</summary>
public static partial class IdentityFile
{
    private const int MaxTypes = 64;
    private const int MaxLimit = 1_000;
    private const int MaxCap = 10_000;

    /// <summary>Reads a file. If it does not exist, the defaults apply.</summary>
    /// <param name="file">The path.</param>
    /// <param name="errors">Receives every fault as <c>FILE:LINE: what is wrong; what to do</c>, in the order of the lines.</param>
    public static IdentifierTypes Read(string file, ICollection<string> errors)
    {
        var faults = new List<string>();
        var configuration = File.Exists(file) && YamlSection.Read(file, faults) is { } root ? Read(root) : DefaultTypes.Configuration;
        foreach (var fault in faults.OrderBy(fault => LineOf(file, fault))) errors.Add(fault);
        return configuration;
    }

    private static IdentifierTypes Read(YamlSection root)
    {
        var types = root.Node("types") is null ? DefaultTypes.All : Types(root);
        var configuration = new IdentifierTypes(types, Blocked(root.Section("blocked")), Region(root), Limits(root.Section("caps")));
        root.RejectUnknownKeys();
        return configuration;
    }

    // FILE:LINE: …
    private static int LineOf(string file, string fault)
    {
        var afterFile = fault.AsSpan(file.Length + 1);
        return int.Parse(afterFile[..afterFile.IndexOf(':')], CultureInfo.InvariantCulture);
    }

    private static List<IdentifierType> Types(YamlSection root)
    {
        var types = new List<IdentifierType>();
        var sections = root.Sections("types");
        if (sections.Count is 0 or > MaxTypes)
        {
            root.AddError("types", $"'types' has {sections.Count} items; write 1 to {MaxTypes}, or remove 'types' to use the defaults");
        }
        foreach (var section in sections)
        {
            var type = Type(section);
            if (types.Exists(other => other.Name == type.Name)) section.AddError("name", $"the type '{type.Name}' is defined twice; remove one of the two");
            else types.Add(type);
            section.RejectUnknownKeys();
        }
        return types;
    }

    private static IdentifierType Type(YamlSection section)
    {
        var name = section.RequiredText("name", "write the type's name, such as user_id");
        if (IdentifierTypes.ReservedNames.Contains(name))
        {
            section.AddError("name", $"the name '{name}' is reserved; write a name other than {string.Join(", ", IdentifierTypes.ReservedNames)}");
        }
        else if (name.Length > 0 && !TypeName().IsMatch(name))
        {
            section.AddError("name", $"'{name}' is not a valid type name; write a letter a-z and then up to 63 of a-z, 0-9, '_', '.' and '-'");
        }
        var from = section.Node("from") switch
        {
            YamlSequenceNode list => list.Select(item => From(section, item)),
            { } one => [From(section, one)],
            null => [],
        };
        Place[] places = [.. from.OfType<Place>()];
        if (section.Node("from") is null or YamlSequenceNode { Children.Count: 0 })
        {
            section.AddError("from", "'from' is missing; list the places in the event, such as [userId] or [traits.email, context.externalIds]");
        }
        var limit = section.Number("limit", name == IdentifierTypes.UserId ? DefaultTypes.UserIdLimit : DefaultTypes.DefaultLimit, 1, MaxLimit);
        return new IdentifierType(name, places, NormalisationOf(section), limit);
    }

    // A place is a string, or a mapping of the place and the conditions under which it counts.
    private static Place? From(YamlSection section, YamlNode item)
    {
        if (item is not YamlMappingNode mapping) return At(section, item, (item as YamlScalarNode)?.Value ?? "");
        var place = section.Within(mapping);
        var at = At(section, mapping, place.RequiredText("at", "write the place, such as context.device.id"));
        var when = new List<(IReadOnlyList<string>, string)>();
        foreach (var (key, value) in place.Section("when")?.Members ?? [])
        {
            if (Place.Parse(key) is not { Member: "context" } condition)
            {
                section.AddError(value, $"'{key}' is not a path in the context; write for example context.device.type");
            }
            else if (value is not YamlScalarNode { Value.Length: > 0 } text)
            {
                section.AddError(value, $"the value of '{key}' must be one string; write for example ios");
            }
            else when.Add((condition.Path, text.Value!));
        }
        place.RejectUnknownKeys();
        return at is null ? null : at with { When = when };
    }

    private static Place? At(YamlSection section, YamlNode node, string text)
    {
        var place = Place.Parse(text);
        if (place is null)
        {
            var roots = $"{string.Join(" or ", Place.Values)}, or a path in {string.Join(", ", Place.Objects)}";
            section.AddError(node, $"'{text}' is not a place in an event; write {roots}, such as context.device.id");
        }
        return place;
    }

    private static Normalisation NormalisationOf(YamlSection section)
    {
        var text = section.Text("normalise");
        if (text is null) return Normalisation.None;
        var isName = !char.IsDigit(text[0]);
        if (isName && Enum.TryParse<Normalisation>(text, ignoreCase: true, out var normalisation) && Enum.IsDefined(normalisation)) return normalisation;
        var known = string.Join(", ", Enum.GetNames<Normalisation>().Select(name => name.ToLowerInvariant()));
        section.AddError("normalise", $"'{text}' is not a normalisation; write one of {known}");
        return Normalisation.None;
    }

    private static BlockedValues Blocked(YamlSection? section)
    {
        if (section is null) return new BlockedValues([], []);
        var patterns = new List<Regex>();
        foreach (var pattern in section.Texts("patterns"))
        {
            if (OperatorPattern.Compile(pattern, ignoreCase: true, out var fault) is { } regex) patterns.Add(regex);
            else section.AddError("patterns", $"the pattern '{pattern}' {fault}");
        }
        var (values, allowed) = (section.Texts("values"), section.Texts("allow"));
        foreach (var value in allowed.Where(value => !Placeholders.Contains(BlockedValues.ComparisonForm(value))))
        {
            section.AddError("allow", $"'{value}' is not blocked by default; remove it from 'allow'");
        }
        foreach (var value in allowed.Where(value => values.Any(blocked => BlockedValues.ComparisonForm(blocked) == BlockedValues.ComparisonForm(value))))
        {
            section.AddError("allow", $"'{value}' is in both 'values' and 'allow'; remove it from one of them");
        }
        section.RejectUnknownKeys();
        return new BlockedValues(values, patterns, allowed);
    }

    private static string? Region(YamlSection root)
    {
        var region = root.Text("region");
        if (region is null || PhoneNumberUtil.GetInstance().GetSupportedRegions().Contains(region)) return region;
        root.AddError("region", $"'{region}' is not a country code; write two capital letters (ISO 3166), such as AT, or remove 'region'");
        return null;
    }

    private static Caps Limits(YamlSection? section)
    {
        var caps = new Caps();
        if (section is null) return caps;
        caps = new Caps(section.Number("merges", caps.Merges, 1, MaxCap), section.Number("identifiers", caps.Identifiers, 2, MaxCap));
        section.RejectUnknownKeys();
        return caps;
    }

    [GeneratedRegex("^[a-z][a-z0-9_.-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();
}
