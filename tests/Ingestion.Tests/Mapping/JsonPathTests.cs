using Cdp.Ingestion.Mapping;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

public sealed class JsonPathTests
{
    private const string Body = """{"a":{"b":[1,[2],{"c":3}],"it's":4,"ä":5,"_x1":6,"":7},"n":null,"list":[{"id":1},{"id":2,"tags":["x","y"]},{}]}""";

    [Theory]
    [InlineData("$.a.b[0]", "1")]
    [InlineData("$.a.b[-1].c", "3")]
    [InlineData("$['a']['b'][ 1 ][0]", "2")]
    [InlineData("$[\"a\"].b", "[1,[2],{\"c\":3}]")]
    [InlineData("$.a['it\\'s']", "4")]
    [InlineData("$.a[\"it's\"]", "4")]
    [InlineData("$.a['it\\u0027s']", "4")]
    [InlineData("$.a.ä", "5")]
    [InlineData("$.a._x1", "6")]
    [InlineData("$.a['']", "7")]
    [InlineData("$.n", "null")]
    [InlineData("$.list[*].id", "[1,2]")]
    [InlineData("$.list.*.tags[*]", "[\"x\",\"y\"]")]
    [InlineData("$.a.*[0]", "[1]")]
    public void Find_ExistingValue_ReturnsIt(string path, string expected) => Assert.Equal(expected, Find(path).GetRawText());

    [Theory]
    [InlineData("$.b")]
    [InlineData("$.a.b[3]")]
    [InlineData("$.a.b[-4]")]
    [InlineData("$.a.b.c")]
    [InlineData("$.a[0]")]
    [InlineData("$.n.x")]
    [InlineData("$.list[*].nobody")]
    [InlineData("$.list[0].id[*]")]
    [InlineData("$headers.a")]
    [InlineData("$query['a']")]
    [InlineData("$item")]
    public void Find_MissingValue_ReturnsNothing(string path) => Assert.True(Values.IsNothing(Find(path)));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("$head.a")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$.1a")]
    [InlineData("$.a-b")]
    [InlineData("$[")]
    [InlineData("$['a'")]
    [InlineData("$['a")]
    [InlineData("$['a\\x']")]
    [InlineData("$['\\u00']")]
    [InlineData("$[01]")]
    [InlineData("$[-0]")]
    [InlineData("$[1.5]")]
    [InlineData("$[99999999999]")]
    [InlineData("$[?@.a]")]
    [InlineData("$[0:1]")]
    public void Parse_InvalidPath_ReportsThePosition(string text)
    {
        var cursor = new Cursor(text);

        Assert.Null(JsonPath.Parse(cursor));
        Assert.Contains("at character", cursor.Fault);
    }

    [Fact]
    public void Parse_AnyText_NeverThrows()
    {
        string[] pieces =
        [
            "$", "$headers", ".", "..", "[", "]", "'", "\"", "\\", "\\u00e4", "*", "-", "0", "12", "a", "ä", " ", "|", "??", "lower", "split('", "')", "{", "}",
            "\0", "\ud800",
        ];
        var expressions = Gen.Frequency(
            (3, Gen.Int[0, pieces.Length - 1].Array[0, 12].Select(picks => string.Concat(picks.Select(pick => pieces[pick])))),
            (1, Gen.String));
        var payload = new Payload(Mappings.ParseJson(Body));
        expressions.Sample(
            text =>
            {
                var cursor = new Cursor(text);
                var expression = Expression.Parse(cursor);
                _ = expression?.Evaluate(payload);
                return expression is not null ? cursor.Fault is null : cursor.Fault is not null;
            },
            iter: 50_000);
    }

    private static System.Text.Json.JsonElement Find(string path)
    {
        var cursor = new Cursor(path);
        var parsed = JsonPath.Parse(cursor);
        Assert.True(parsed is not null && cursor.IsAtEnd, cursor.Fault);
        return parsed.Find(new Payload(Mappings.ParseJson(Body)));
    }
}
