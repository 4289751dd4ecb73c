using System.Text.RegularExpressions;
using Avro;
using Newtonsoft.Json.Linq;

// usage: Cdp.Contracts.Generator SCHEMA_DIRECTORY OUTPUT_DIRECTORY
var (schemaDirectory, output) = (args[0], args[1]);

var texts = Directory.GetFiles(schemaDirectory, "*.avsc").Order(StringComparer.Ordinal)
    .ToDictionary(file => Path.GetFileNameWithoutExtension(file)!, File.ReadAllText);
var names = new SchemaNames();
var codeGen = new CodeGen();
var parsed = new HashSet<string>();

try
{
    foreach (var name in texts.Keys) Add(name);
    codeGen.GenerateCode();
}
catch (Exception e) when (e is AvroException or Newtonsoft.Json.JsonException)
{
    Console.Error.WriteLine($"{schemaDirectory}(1,1): error CDP0001: {e.Message}");
    return 1;
}
if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
Directory.CreateDirectory(output);
codeGen.WriteTypes(output, skipDirectories: true);
RecordSchema[] records = [.. names.Names.Values.OfType<RecordSchema>().OrderBy(record => record.Fullname, StringComparer.Ordinal)];
foreach (var record in records)
{
    SetDefaults(record, Path.Combine(output, $"{record.Name}.cs"));
    File.WriteAllText(Path.Combine(output, $"{record.Name}.Codec.cs"), RecordCodec.Of(record));
}
File.WriteAllText(Path.Combine(output, "AvroRecords.cs"), RecordCodec.Table(records));
return 0;

// A new record has the defaults of its schema, so adding a field does not require changes wherever the record is created.
static void SetDefaults(RecordSchema record, string file)
{
    var text = File.ReadAllText(file);
    foreach (var field in record.Fields)
    {
        var value = field.DefaultValue switch
        {
            JArray { Count: 0 } => "new List<$1>()",
            JValue { Type: JTokenType.String } literal => $"\"{literal}\"",
            _ => null,
        };
        if (value is not null) text = Regex.Replace(text, $@"(?<=private (?:IList<(.+)>|string) _{field.Name});", $" = {value};");
    }
    File.WriteAllText(file, text);
}

// A record may refer to a record in another file, which the parser must read first.
void Add(string name)
{
    if (!parsed.Add(name)) return;
    foreach (Match reference in Regex.Matches(texts[name], "\"cdp\\.(\\w+)\""))
    {
        if (texts.ContainsKey(reference.Groups[1].Value)) Add(reference.Groups[1].Value);
    }
    var schema = Schema.Parse(texts[name], names);
    if (schema is not RecordSchema record || record.Fullname != $"cdp.{name}")
        throw new SchemaParseException($"{name}.avsc must define one record, cdp.{name}; it defines {schema.Fullname}");
    codeGen.AddSchema(schema);
}
