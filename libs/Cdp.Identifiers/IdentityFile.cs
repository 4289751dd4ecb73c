using System.Text.RegularExpressions;
using Cdp.Hosting;
using PhoneNumbers;
using YamlDotNet.RepresentationModel;

namespace Cdp.Identifiers;

/// <summary>Reads the identity configuration: <c>types</c>, <c>blocked</c>, <c>region</c>, <c>caps</c>. What is left out is the default.</summary>
public static partial class IdentityFile
{
    private const int MostTypes = 64;

    /// <summary>A file that does not exist says nothing, so that the defaults count.</summary>
    /// <param name="file">The path.</param>
    /// <param name="errors">Is told every fault, as FILE:LINE: what is wrong; what to do.</param>
    public static IdentifierTypes Read(string file, ICollection<string> errors)
    {
        if (!File.Exists(file) || YamlSection.Read(file, errors) is not { } root) return DefaultTypes.Configuration;
        var types = root.Node("types") is null ? DefaultTypes.All : Types(root);
        var configuration = new IdentifierTypes(types, Blocked(root.Section("blocked")), Region(root), Limits(root.Section("caps")));
        root.RejectUnknownKeys();
        return configuration;
    }

    private static List<IdentifierType> Types(YamlSection root)
    {
        var types = new List<IdentifierType>();
        var sections = root.Sections("types");
        if (sections.Count is 0 or > MostTypes) root.Fault("types", $"'types' has {sections.Count} items; write 1 to {MostTypes}, or leave it out for the defaults");
        foreach (var section in sections)
        {
            var type = Type(section);
            if (types.Exists(other => other.Name == type.Name)) section.Fault("name", $"'{type.Name}' is there already; name each type once");
            else types.Add(type);
            section.RejectUnknownKeys();
        }
        return types;
    }

    private static IdentifierType Type(YamlSection section)
    {
        var name = section.RequiredText("name", "name the type, such as user_id");
        if (name is IdentifierTypes.MessageId or IdentifierTypes.GroupId) section.Fault("name", $"'{name}' is a type of our own; use another name");
        else if (name.Length > 0 && !TypeName().IsMatch(name)) section.Fault("name", $"'{name}' is no name of a type; begin with a letter, go on with at most 63 of a-z, 0-9, '_', '.' and '-'");
        var from = section.Node("from") switch
        {
            YamlSequenceNode list => list.Select(item => From(section, item)),
            { } one => [From(section, one)],
            null => [],
        };
        Place[] places = [.. from.OfType<Place>()];
        if (section.Node("from") is null or YamlSequenceNode { Children.Count: 0 }) section.Fault("from", "'from' is missing; list the places in the event, such as [userId] or [traits.email, context.externalIds]");
        return new IdentifierType(name, places, FormOf(section), section.Number("limit", name == IdentifierTypes.UserId ? DefaultTypes.OneLimit : DefaultTypes.ManyLimit, 1, 1_000));
    }

    // A text, or a mapping with the text and what must stand elsewhere in the context.
    private static Place? From(YamlSection section, YamlNode item)
    {
        if (item is not YamlMappingNode mapping) return At(section, item, (item as YamlScalarNode)?.Value ?? "");
        var place = section.Within(mapping);
        var at = At(section, mapping, place.RequiredText("at", "name the place, such as context.device.id"));
        var when = new List<(IReadOnlyList<string>, string)>();
        foreach (var (key, value) in place.Section("when")?.Members ?? [])
        {
            if (Place.Parse(key) is not { Member: "context" } condition) section.Fault(value, $"'{key}' is no place in the context; write for example context.device.type");
            else if (value is not YamlScalarNode { Value.Length: > 0 } text) section.Fault(value, $"'{key}' is compared with one text; write it");
            else when.Add((condition.Path, text.Value!));
        }
        place.RejectUnknownKeys();
        return at is null ? null : at with { When = when };
    }

    private static Place? At(YamlSection section, YamlNode node, string text)
    {
        var place = Place.Parse(text);
        if (place is null) section.Fault(node, $"'{text}' is no place in an event; write {string.Join(" or ", Place.Values)}, or a path below {string.Join(", ", Place.Objects)}, such as context.device.id");
        return place;
    }

    private static Form FormOf(YamlSection section)
    {
        var text = section.Text("normalise");
        if (text is null) return Form.None;
        if (Enum.TryParse<Form>(text, ignoreCase: true, out var form) && Enum.IsDefined(form) && !char.IsDigit(text[0])) return form;
        section.Fault("normalise", $"'{text}' is no form; write {string.Join(", ", Enum.GetNames<Form>().Select(name => name.ToLowerInvariant()))}");
        return Form.None;
    }

    private static BlockedValues Blocked(YamlSection? section)
    {
        if (section is null) return new BlockedValues([], []);
        var patterns = new List<Regex>();
        foreach (var pattern in section.Texts("patterns"))
        {
            try
            {
                patterns.Add(new Regex(pattern, BlockedValues.PatternOptions));
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                section.Fault("patterns", $"'{pattern}' is no pattern: {e.Message.TrimEnd('.')}; write a regular expression without look-around and back references");
            }
        }
        var blocked = new BlockedValues(section.Texts("values"), patterns);
        section.RejectUnknownKeys();
        return blocked;
    }

    private static string? Region(YamlSection root)
    {
        var region = root.Text("region");
        if (region is null || PhoneNumberUtil.GetInstance().GetSupportedRegions().Contains(region)) return region;
        root.Fault("region", $"'{region}' is no country of telephone numbers; write its two capital letters, such as AT, or leave it out");
        return null;
    }

    private static Caps Limits(YamlSection? section)
    {
        var caps = new Caps();
        if (section is null) return caps;
        caps = new Caps(section.Number("merges", caps.Merges, 1, 10_000), section.Number("identifiers", caps.Identifiers, 2, 10_000));
        section.RejectUnknownKeys();
        return caps;
    }

    [GeneratedRegex("^[a-z][a-z0-9_.-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();
}
