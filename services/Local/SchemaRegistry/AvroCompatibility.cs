using Avro;

namespace Cdp.Local.SchemaRegistry;

/// <summary>Says why data written with one schema cannot be read with another.</summary>
public static class AvroCompatibility
{
    /// <summary>Every reason found, each with the path of the field; empty when the reader can read what the writer writes.</summary>
    public static IReadOnlyList<string> Faults(Schema reader, Schema writer)
    {
        var faults = new List<string>();
        Compare(reader, writer, "", [], faults);
        return faults;
    }

    // The library's CanRead answers for a whole schema with yes or no, and accepts an enum that lost a symbol. So this descends, asks it about
    // the leaves, and checks the enums itself. `seen` ends the recursion of schemas that contain themselves. Logical types are read as what they
    // are written as.
    private static void Compare(Schema reader, Schema writer, string path, HashSet<(string, string)> seen, List<string> faults)
    {
        switch (reader, writer)
        {
            case (LogicalSchema to, _):
                Compare(to.BaseSchema, writer, path, seen, faults);
                break;
            case (_, LogicalSchema from):
                Compare(reader, from.BaseSchema, path, seen, faults);
                break;
            case (UnionSchema, _) or (_, UnionSchema):
                CompareBranches(reader, writer, path, seen, faults);
                break;
            case (RecordSchema to, RecordSchema from):
                if (!seen.Add((to.Fullname, from.Fullname))) break;
                if (!IsSameType(to, from)) faults.Add($"{At(path)}: record {from.Fullname} became {to.Fullname}");
                else CompareFields(to, from, path, seen, faults);
                break;
            case (ArraySchema to, ArraySchema from):
                Compare(to.ItemSchema, from.ItemSchema, path + "/items", seen, faults);
                break;
            case (MapSchema to, MapSchema from):
                Compare(to.ValueSchema, from.ValueSchema, path + "/values", seen, faults);
                break;
            case (EnumSchema to, EnumSchema from):
                if (!IsSameType(to, from)) faults.Add($"{At(path)}: enum {from.Fullname} became {to.Fullname}");
                else if (to.Default is null && from.Symbols.Except(to.Symbols).ToList() is { Count: > 0 } missing) faults.Add($"{At(path)}: enum {to.Fullname} does not know the symbol {string.Join(", ", missing)} and has no default");
                break;
            default:
                if (!reader.CanRead(writer)) faults.Add($"{At(path)}: {writer.Name} cannot be read as {reader.Name}");
                break;
        }
    }

    private static void CompareFields(RecordSchema reader, RecordSchema writer, string path, HashSet<(string, string)> seen, List<string> faults)
    {
        foreach (var field in reader.Fields)
        {
            var written = writer.Fields.FirstOrDefault(candidate => candidate.Name == field.Name)
                ?? writer.Fields.FirstOrDefault(candidate => field.Aliases?.Contains(candidate.Name) == true);
            if (written is not null) Compare(field.Schema, written.Schema, $"{path}/{field.Name}", seen, faults);
            else if (field.DefaultValue is null) faults.Add($"{At($"{path}/{field.Name}")}: the field is not written and has no default");
        }
    }

    // Every branch that may have been written must be readable by some branch of the reader.
    private static void CompareBranches(Schema reader, Schema writer, string path, HashSet<(string, string)> seen, List<string> faults)
    {
        foreach (var from in Branches(writer))
        {
            var reasons = new List<string>();
            var readable = Branches(reader).Any(to =>
            {
                var found = new List<string>();
                Compare(to, from, path, seen, found);
                // Of several branches the reasons of the one of the same kind tell most.
                if (found.Count > 0 && to.Tag == from.Tag) reasons = found;
                return found.Count == 0;
            });
            if (!readable) faults.AddRange(reasons.Count > 0 ? reasons : [$"{At(path)}: no branch reads {from.Name}"]);
        }
    }

    private static IEnumerable<Schema> Branches(Schema schema) => schema is UnionSchema union ? union.Schemas : [schema];

    // The library does not show aliases, but heeds them.
    private static bool IsSameType(NamedSchema reader, NamedSchema writer) => reader.Fullname == writer.Fullname || reader.CanRead(writer);

    private static string At(string path) => path.Length == 0 ? "/" : path;
}
