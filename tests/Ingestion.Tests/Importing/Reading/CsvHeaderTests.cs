using System.Text;
using Cdp.Ingestion.Importing.Reading;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading;

public sealed class CsvHeaderTests
{
    [Theory]
    [InlineData("a", "1", """{"a":1}""")]
    [InlineData("a", "-1.50e3", """{"a":-1.50e3}""")]
    [InlineData("a", "007", """{"a":"007"}""")]
    [InlineData("a", "+1", """{"a":"+1"}""")]
    [InlineData("a", "1.", """{"a":"1."}""")]
    [InlineData("a", "-", """{"a":"-"}""")]
    [InlineData("a", "1234567890123456", """{"a":"1234567890123456"}""")]
    [InlineData("a", "\"1\"", """{"a":"1"}""")]
    [InlineData("a", "True", """{"a":true}""")]
    [InlineData("a", "\"true\"", """{"a":"true"}""")]
    [InlineData("a", "NaN", """{"a":"NaN"}""")]
    [InlineData("a", "", "{}")]
    [InlineData("a", "\"\"", """{"a":""}""")]
    [InlineData("userId", "42", """{"userId":"42"}""")]
    [InlineData("properties.userId", "42", """{"properties":{"userId":42}}""")]
    [InlineData("a:string", "1", """{"a":"1"}""")]
    [InlineData("a:number", "\"12345678901234567890\"", """{"a":12345678901234567890}""")]
    [InlineData("a:boolean", "\"FALSE\"", """{"a":false}""")]
    [InlineData("a:json", "\"[1,{\"\"b\"\":null}]\"", """{"a":[1,{"b":null}]}""")]
    [InlineData("utm:source", "x", """{"utm:source":"x"}""")]
    [InlineData("a.b,c,a.d.e", "1,2,3", """{"a":{"b":1,"d":{"e":3}},"c":2}""")]
    [InlineData("a.b,a.c", ",", "{}")]
    [InlineData("a", "é\"x", "{\"a\":\"é\\\"x\"}")]
    public void Write_Row_IsItsJson(string header, string row, string json) => Assert.Equal(json, Write(header, row));

    [Theory]
    [InlineData("a:number", "x", "the value of column 1, 'a', is not a number")]
    [InlineData("b,a:boolean", "1,1", "the value of column 2, 'a', is not a boolean")]
    [InlineData("a:json", "{", "the value of column 1, 'a', is not JSON")]
    public void Write_ValueOfAnotherType_IsRejected(string header, string row, string message) => Assert.Equal(message, Write(header, row));

    [Fact]
    public void Read_EveryFault_IsTold()
    {
        var (header, refused) = CsvHeader.Read("a,,a,b.c,b,d..e,c,c.d"u8, (byte)',');

        Assert.Null(header);
        Assert.Equal(
            "the first row must name the columns, such as type,userId,event,timestamp,properties.revenue: column 2 has no name; give it one, such as properties.note; "
            + "column 3, 'a', stands where column 1, 'a', does; rename one of them; column 5, 'b', stands where other columns have their object; rename it; "
            + "column 6, 'd..e', has an empty part between dots; write it as properties.note; column 8, 'c.d', stands where column 7, 'c', does; rename one of them",
            refused!.Message);
    }

    [Fact]
    public void Read_AnotherSeparator_IsTold() => Assert.EndsWith("it is one column, but holds ';'; if that separates the columns, add separator=%3B to the query", CsvHeader.Read("a;b"u8, (byte)',').Refused!.Message, StringComparison.Ordinal);

    private static string Write(string header, string row)
    {
        var (bytes, fields, buffer) = (Encoding.UTF8.GetBytes(row), new List<CsvField>(), Array.Empty<byte>());
        var (read, refused) = CsvHeader.Read(Encoding.UTF8.GetBytes(header), (byte)',');
        Assert.Null(refused);
        Assert.True(CsvFields.TrySplit(bytes, (byte)',', fields));
        using var json = new RowJson();
        return read!.Write(bytes, fields, json.Writer, ref buffer) is { } rejected ? rejected.Message : Encoding.UTF8.GetString(json.Written);
    }
}
