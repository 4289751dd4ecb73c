using Avro;
using Xunit;

namespace Cdp.LocalRegistry.Tests;

public class AvroCompatibilityTests
{
    private const string Recursive = """
        {"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"],"default":null}]}
        """;

    [Theory]
    [InlineData("same", "\"int\"", "\"int\"")]
    [InlineData("promoted", "\"double\"", "\"int\"")]
    [InlineData("logical type added", """{"type":"long","logicalType":"timestamp-millis"}""", "\"long\"")]
    [InlineData("logical type removed", "\"long\"", """{"type":"long","logicalType":"timestamp-millis"}""")]
    [InlineData("made nullable", """["null","string"]""", "\"string\"")]
    [InlineData("branch added", """["null","string","long"]""", """["null","string"]""")]
    [InlineData("field removed", """{"type":"record","name":"R","fields":[]}""", """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""")]
    [InlineData("field added with default",
        """{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]}""",
        """{"type":"record","name":"R","fields":[]}""")]
    [InlineData("field added with null default",
        """{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":null}]}""",
        """{"type":"record","name":"R","fields":[]}""")]
    [InlineData("field renamed with alias",
        """{"type":"record","name":"R","fields":[{"name":"b","aliases":["a"],"type":"int"}]}""",
        """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""")]
    [InlineData("record renamed with alias", """{"type":"record","name":"S","aliases":["R"],"fields":[]}""", """{"type":"record","name":"R","fields":[]}""")]
    [InlineData("symbol added", """{"type":"enum","name":"E","symbols":["A","B"]}""", """{"type":"enum","name":"E","symbols":["A"]}""")]
    [InlineData("symbol removed, default given",
        """{"type":"enum","name":"E","symbols":["A"],"default":"A"}""",
        """{"type":"enum","name":"E","symbols":["A","B"]}""")]
    [InlineData("contains itself", Recursive, Recursive)]
    public void FindErrors_Readable_FindsNone(string change, string reader, string writer) =>
        Assert.Empty(AvroCompatibility.FindErrors(Parse(reader), Parse(writer)).Select(error => $"{change}: {error}"));

    [Theory]
    [InlineData("/", "\"int\"", "\"long\"")]
    [InlineData("/", "\"string\"", """["null","string"]""")]
    [InlineData("/items", """{"type":"array","items":"int"}""", """{"type":"array","items":"string"}""")]
    [InlineData("/values", """{"type":"map","values":"int"}""", """{"type":"map","values":"string"}""")]
    [InlineData("/a", """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""", """{"type":"record","name":"R","fields":[]}""")]
    [InlineData("/a",
        """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""",
        """{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}""")]
    [InlineData("/", """{"type":"record","name":"S","fields":[]}""", """{"type":"record","name":"R","fields":[]}""")]
    [InlineData("/", """{"type":"fixed","name":"F","size":4}""", """{"type":"fixed","name":"F","size":8}""")]
    [InlineData("/", """{"type":"enum","name":"E","symbols":["A"]}""", """{"type":"enum","name":"E","symbols":["A","B"]}""")]
    [InlineData("/e/items",
        """{"type":"record","name":"R","fields":[{"name":"e","type":["null",{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}}]}]}""",
        """{"type":"record","name":"R","fields":[{"name":"e","type":["null",{"type":"array","items":{"type":"enum","name":"E","symbols":["A","B"]}}]}]}""")]
    public void FindErrors_Unreadable_NamesThePath(string path, string reader, string writer)
    {
        var error = Assert.Single(AvroCompatibility.FindErrors(Parse(reader), Parse(writer)));
        Assert.StartsWith(path + ":", error, StringComparison.Ordinal);
    }

    [Fact]
    public void FindErrors_Several_FindsAll()
    {
        var reader = Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}""");
        Assert.Equal(2, AvroCompatibility.FindErrors(reader, Parse("""{"type":"record","name":"R","fields":[{"name":"b","type":"string"}]}""")).Count);
    }

    private static Schema Parse(string schema) => ParsedSchema.Parse(schema, out var error)?.Schema ?? throw new InvalidOperationException(error);
}
