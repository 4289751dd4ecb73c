using Avro;

namespace Cdp.LocalRegistry;

/// <summary>Decides whether data written with one schema can be read with another.</summary>
public static class AvroCompatibility
{
    /// <summary>Every incompatibility, each with the path of the field; empty if the reader can read what the writer writes.</summary>
    public static IReadOnlyList<string> FindErrors(Schema reader, Schema writer)
    {
        var errors = new List<string>();
        Compare(reader, writer, "", [], errors);
        return errors;
    }

    // The library's CanRead gives one answer for a whole schema, and accepts an enum that lost a symbol. So this method descends, asks the library
    // about the leaves only, and checks enums itself. `seen` ends the recursion of schemas that contain themselves. A logical type is compared as its
    // underlying type.
    private static void Compare(Schema reader, Schema writer, string path, HashSet<(string, string)> seen, List<string> errors)
    {
        switch (reader, writer)
        {
            case (LogicalSchema to, _):
                Compare(to.BaseSchema, writer, path, seen, errors);
                break;
            case (_, LogicalSchema from):
                Compare(reader, from.BaseSchema, path, seen, errors);
                break;
            case (UnionSchema, _) or (_, UnionSchema):
                CompareBranches(reader, writer, path, seen, errors);
                break;
            case (RecordSchema to, RecordSchema from):
                if (!seen.Add((to.Fullname, from.Fullname))) break;
                if (!IsSameType(to, from)) errors.Add($"{At(path)}: record {from.Fullname} became {to.Fullname}");
                else CompareFields(to, from, path, seen, errors);
                break;
            case (ArraySchema to, ArraySchema from):
                Compare(to.ItemSchema, from.ItemSchema, path + "/items", seen, errors);
                break;
            case (MapSchema to, MapSchema from):
                Compare(to.ValueSchema, from.ValueSchema, path + "/values", seen, errors);
                break;
            case (EnumSchema to, EnumSchema from):
                if (!IsSameType(to, from)) errors.Add($"{At(path)}: enum {from.Fullname} became {to.Fullname}");
                else if (to.Default is null && from.Symbols.Except(to.Symbols).ToList() is { Count: > 0 } missing)
                {
                    errors.Add($"{At(path)}: enum {to.Fullname} lacks the symbol {string.Join(", ", missing)} and has no default");
                }
                break;
            default:
                if (!reader.CanRead(writer)) errors.Add($"{At(path)}: {writer.Name} cannot be read as {reader.Name}");
                break;
        }
    }

    private static void CompareFields(RecordSchema reader, RecordSchema writer, string path, HashSet<(string, string)> seen, List<string> errors)
    {
        foreach (var field in reader.Fields)
        {
            var written = writer.Fields.FirstOrDefault(candidate => candidate.Name == field.Name)
                ?? writer.Fields.FirstOrDefault(candidate => field.Aliases?.Contains(candidate.Name) == true);
            if (written is not null) Compare(field.Schema, written.Schema, $"{path}/{field.Name}", seen, errors);
            else if (field.DefaultValue is null) errors.Add($"{At($"{path}/{field.Name}")}: the writer lacks the field and it has no default");
        }
    }

    // Some branch of the reader must be able to read each branch of the writer.
    private static void CompareBranches(Schema reader, Schema writer, string path, HashSet<(string, string)> seen, List<string> errors)
    {
        foreach (var from in Branches(writer))
        {
            var reasons = new List<string>();
            var readable = Branches(reader).Any(to =>
            {
                var found = new List<string>();
                Compare(to, from, path, seen, found);
                // If no branch matches, the errors of the branch of the same kind are the most useful.
                if (found.Count > 0 && to.Tag == from.Tag) reasons = found;
                return found.Count == 0;
            });
            if (!readable) errors.AddRange(reasons.Count > 0 ? reasons : [$"{At(path)}: no branch can read {from.Name}"]);
        }
    }

    private static IEnumerable<Schema> Branches(Schema schema) => schema is UnionSchema union ? union.Schemas : [schema];

    // The library hides aliases but respects them in CanRead.
    private static bool IsSameType(NamedSchema reader, NamedSchema writer) => reader.Fullname == writer.Fullname || reader.CanRead(writer);

    private static string At(string path) => path.Length == 0 ? "/" : path;
}
