using System.Text;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Importing.Reading.CsvFiles;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading.CsvFiles;

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
    public void Write_Row_WritesItsJson(string header, string row, string json) => Assert.Equal(json, Write(header, row));

    [Theory]
    [InlineData("a:number", "x", "the value of column 1, 'a', is not a number; write it as JSON does, such as 1234.5")]
    [InlineData("b,a:boolean", "1,1", "the value of column 2, 'a', is not a boolean; write true or false")]
    [InlineData("a:json", "{", "the value of column 1, 'a', is not JSON; write it in quotes with its own quotes doubled, such as \"{\"\"a\"\":1}\"")]
    public void Write_ValueOfAnotherType_RejectsTheRow(string header, string row, string message) => Assert.Equal(message, Write(header, row));

    [Fact]
    public void Read_ManyFaults_ReportsEachColumn()
    {
        var (header, refused) = CsvHeader.Read("a,,a,b.c,b,d..e,c,c.d"u8, (byte)',');

        Assert.Null(header);
        Assert.Equal(
            "the first row must name the columns, for example type,userId,event,timestamp,properties.revenue: column 2 has no name; "
            + "name it, for example properties.note; "
            + "column 3, 'a', has the same place as column 1, 'a'; rename one of them; "
            + "column 5, 'b', has the name of an object that other columns are members of; rename it; "
            + "column 6, 'd..e', has an empty part before or after a dot; write it like properties.note; column 8, 'c.d', has the same place as column 7, 'c'; "
            + "rename one of them",
            refused!.Message);
    }

    [Fact]
    public void Read_AnotherSeparator_SuggestsIt() =>
        Assert.EndsWith(
            "there is only one column, but its name contains ';'; if that separates the columns, add separator=%3B to the query",
            CsvHeader.Read("a;b"u8, (byte)',').Refused!.Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "type,userId\rtrack,u1\r",
        "it has a carriage return outside quotes, so the lines of the file seem to end with carriage returns alone; end them with line feeds, for example "
        + "with tr '\\r' '\\n'")]
    [InlineData("type,\"user\rId\"", "column 2, 'user\\u000DId', contains the control character U+000D; rename it")]
    [InlineData("type,a\tb", "column 2, 'a\\u0009b', contains the control character U+0009; rename it")]
    [InlineData("t\0y\0p\0e\0", "it is not UTF-8; convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8, or from UTF-16")]
    [InlineData("a\"b,a\"b", "column 2, 'a\"b', has the same place as column 1, 'a\"b'; rename one of them")]
    public void Read_ControlCharacters_NamesColumnAndRemedy(string header, string fault) =>
        Assert.Equal(
            $"the first row must name the columns, for example type,userId,event,timestamp,properties.revenue: {fault}",
            CsvHeader.Read(Encoding.UTF8.GetBytes(header), (byte)',').Refused!.Message);

    [Fact]
    public void Read_LongNames_ShortensTheMessage()
    {
        var (_, refused) = CsvHeader.Read(Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Repeat(new string('a', 1_000), 500))), (byte)',');

        Assert.EndsWith("; and 479 more", refused!.Message, StringComparison.Ordinal);
        Assert.InRange(refused.Message.Length, 1, 10_000);
    }

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
