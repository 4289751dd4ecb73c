using Avro;

namespace Cdp.LocalRegistry;

/// <summary>A valid Avro schema. Two schemas are the same if their normalised texts are.</summary>
public sealed class ParsedSchema
{
    private ParsedSchema(Schema schema)
    {
        Schema = schema;
        Text = schema.ToString();
    }

    public Schema Schema { get; }

    /// <summary>The normalised text: without insignificant whitespace, attributes in the library's order. Stored, compared and returned.</summary>
    public string Text { get; }

    /// <summary>Parses a schema.</summary>
    /// <param name="text">The schema as JSON.</param>
    /// <param name="error">Why the text is not a valid schema; empty if it is.</param>
    /// <returns>Null if the text is not a valid schema.</returns>
    public static ParsedSchema? Parse(string? text, out string error)
    {
        error = "";
        if (string.IsNullOrWhiteSpace(text))
        {
            error = "it is empty";
            return null;
        }
        try
        {
            return new ParsedSchema(Schema.Parse(text));
        }
        catch (Exception e) when (e is AvroException or Newtonsoft.Json.JsonException)
        {
            error = e.Message;
            return null;
        }
    }
}
