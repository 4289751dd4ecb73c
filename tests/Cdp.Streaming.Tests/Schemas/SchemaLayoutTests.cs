using Cdp.Streaming.Schemas;
using Xunit;

namespace Cdp.Streaming.Tests.Schemas;

public sealed class SchemaLayoutTests
{
    private const string Schema = """
        {"type":"record","name":"R","namespace":"n","doc":"old","fields":[
          {"name":"a","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null,"doc":"old"},
          {"name":"b","type":{"type":"array","items":{"type":"record","name":"S","doc":"old","fields":[{"name":"c","type":"string"}]}}}]}
        """;

    [Theory]
    [InlineData("\"doc\":\"old\"", "\"doc\":\"new\"")]
    [InlineData("\"doc\":\"old\",\"fields\"", "\"aliases\":[\"n.Q\"],\"fields\"")]
    [InlineData(",\"default\":null", "")]
    [InlineData("\"name\":\"R\",\"namespace\":\"n\"", "\"name\":\"n.R\"")]
    public void Of_ChangeThatLeavesTheBytes_IsTheSame(string old, string changed) => Assert.Equal(Of(Schema), Of(Changed(old, changed)));

    [Theory]
    [InlineData("\"name\":\"c\"", "\"name\":\"d\"")]
    [InlineData("\"type\":\"string\"", "\"type\":\"bytes\"")]
    [InlineData("timestamp-millis", "timestamp-micros")]
    [InlineData("\"name\":\"R\"", "\"name\":\"Q\"")]
    [InlineData("{\"name\":\"b\"", "{\"name\":\"x\",\"type\":\"int\",\"default\":0},{\"name\":\"b\"")]
    public void Of_ChangeOfNamesTypesOrFields_IsAnother(string old, string changed) => Assert.NotEqual(Of(Schema), Of(Changed(old, changed)));

    private static string Of(string schema) => SchemaLayout.Of(Avro.Schema.Parse(schema));

    private static string Changed(string old, string changed)
    {
        Assert.Contains(old, Schema, StringComparison.Ordinal);
        return Schema.Replace(old, changed, StringComparison.Ordinal);
    }
}
