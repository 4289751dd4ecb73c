using Avro;

namespace Cdp.Local.SchemaRegistry;

/// <summary>A valid Avro schema. Two are the same schema when their normalised texts are.</summary>
public sealed class ParsedSchema
{
    private ParsedSchema(Schema schema)
    {
        Schema = schema;
        Text = schema.ToString();
    }

    public Schema Schema { get; }

    /// <summary>Without insignificant whitespace, attributes in the library's order: what is stored, compared and answered.</summary>
    public string Text { get; }

    /// <summary>Parses a schema, or says why it is none.</summary>
    public static ParsedSchema? Parse(string? text, out string fault)
    {
        fault = "";
        if (string.IsNullOrWhiteSpace(text))
        {
            fault = "it is empty";
            return null;
        }
        try
        {
            return new ParsedSchema(Schema.Parse(text));
        }
        catch (Exception e) when (e is AvroException or Newtonsoft.Json.JsonException)
        {
            fault = e.Message;
            return null;
        }
    }
}
