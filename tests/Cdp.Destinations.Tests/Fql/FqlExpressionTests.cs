using System.Text.Json;
using Cdp.Destinations.Fql;
using Xunit;

namespace Cdp.Destinations.Tests.Fql;

/// <summary>Conditions in FQL, with the examples of Segment's documentation.</summary>
public sealed class FqlExpressionTests
{
    private const string Event = """
        {
          "event": "Button Clicked", "type": "track", "userId": "u-1", "empty": null, "on": true, "off": false,
          "context": {"library": {"name": "analytics.js", "version": "1.0"}},
          "properties": {"features": ["discounts", "dark-mode"], "total": 20, "text": "20", "product 1": {"price": 9.5}, "a.b": 1, "umlaut": "Ä€", "o": {"a": 1, "b": 2}}
        }
        """;

    [Theory]
    [InlineData("event = 'Button Clicked'", true)]
    [InlineData("event = 'Screen Tapped'", false)]
    [InlineData("context.path.path = '/login'", false)]
    [InlineData("type = 'identify' or type = 'track'", true)]
    [InlineData("match( context.library.version, '1.*' )", true)]
    [InlineData("match( context.library.version, '2.*' )", false)]
    [InlineData("type = 'track' and ( event = 'Click' or match( event, 'Button *' ) )", true)]
    [InlineData("!contains( context.library.name, 'js' )", false)]
    [InlineData("'dark-mode' in properties.features", true)]
    [InlineData("'blink' in properties.features", false)]
    [InlineData("!( type in ['track', 'identify'] )", false)]
    [InlineData("all", true)]
    public void Matches_ExamplesOfTheDocumentation_AreAsDocumented(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("on or off and off", true)]
    [InlineData("(on or off) and off", false)]
    [InlineData("(off or (on and on)) and on", true)]
    [InlineData("!off and !off", true)]
    [InlineData("!!on", true)]
    [InlineData("!(on and off) or off", true)]
    [InlineData("on\n\tand\r\non", true)]
    [InlineData("type=\"track\"and on", true)]
    [InlineData("on AND on = TRUE OR NULL", true)]
    public void Matches_Operators_BindAsDocumented(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("properties.total = 20", true)]
    [InlineData("properties.total == 20", true)]
    [InlineData("properties.total = 20.0", true)]
    [InlineData("properties.total = '20'", false)]
    [InlineData("properties.total != '20'", true)]
    [InlineData("properties.text = 20", false)]
    [InlineData("properties.missing != 20", true)]
    [InlineData("properties.total >= 20 and properties.total <= 20", true)]
    [InlineData("properties.total > 20 or properties.total < 20", false)]
    [InlineData("properties.text > 10", false)]
    [InlineData("number(properties.text) > 10", true)]
    [InlineData("properties.total > -1.5", true)]
    [InlineData("properties.total > +19", true)]
    [InlineData("userId = empty", false)]
    [InlineData("properties.o = properties.o", true)]
    [InlineData("properties.features = ['discounts', 'dark-mode']", true)]
    [InlineData("properties.features = ['dark-mode', 'discounts']", false)]
    public void Matches_Comparisons_ConvertNothing(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("empty = null", true)]
    [InlineData("missing = null", true)]
    [InlineData("missing.deeper = null", true)]
    [InlineData("userId != null", true)]
    [InlineData("missing", false)]
    [InlineData("!missing", true)]
    [InlineData("userId", false)]
    [InlineData("contains(missing, 'a')", false)]
    [InlineData("match(missing, '*')", false)]
    [InlineData("length(missing) = 0", true)]
    [InlineData("lowercase(missing) = null", true)]
    [InlineData("typeof(missing) = 'null'", true)]
    [InlineData("null in [null]", true)]
    public void Matches_NullAndMissing_AreTheSame(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("length(properties.features) = 2", true)]
    [InlineData("length(properties.umlaut) = 5", true)]
    [InlineData("length(properties.total) = 2", false)]
    [InlineData("!(length(properties.total) = 2)", false)]
    [InlineData("lowercase(event) = 'button clicked'", true)]
    [InlineData("uppercase(event) = 'BUTTON CLICKED'", true)]
    [InlineData("snakecase(event) = 'Button_Clicked'", true)]
    [InlineData("kebabcase(event) = 'Button-Clicked'", true)]
    [InlineData("titlecase('button cLICKED') = 'Button Clicked'", true)]
    [InlineData("typeof(properties.total) = 'number' and typeof(event) = 'string' and typeof(on) = 'bool'", true)]
    [InlineData("typeof(properties.features) = 'list'", true)]
    [InlineData("bool(properties.total) and !bool(0) and !bool('') and !bool('false')", true)]
    [InlineData("string(properties.total) = '20'", true)]
    [InlineData("string(properties.features) = '[\"discounts\", \"dark-mode\"]'", true)]
    [InlineData("semver(context.library.version, '>=', '1')", true)]
    [InlineData("semver(context.library.version, '>', '1.0.0')", false)]
    public void Matches_Functions_AreAsDocumented(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("properties.product\\ 1.price = 9.5", true)]
    [InlineData("properties.a\\.b = 1", true)]
    [InlineData("properties.a.b = 1", false)]
    [InlineData("order = null", true)]
    [InlineData("nullable = null and android = null and index = null", true)]
    public void Matches_NamesOfFields_MayBeEscaped(string text, bool expected) => Assert.Equal(expected, Matches(text));

    [Theory]
    [InlineData("", 1, 1, "the statement is empty")]
    [InlineData("type = ", 1, 8, "found the end of the statement")]
    [InlineData("type = 'a' && on", 1, 12, "write 'and'")]
    [InlineData("type <> 'a'", 1, 6, "write '!='")]
    [InlineData("type = 'a'\nplus on", 2, 1, "expected 'and', 'or' or the end of the statement, found 'plus'")]
    [InlineData("type = \"track", 1, 8, "close it with \"")]
    [InlineData("(type = 'a'", 1, 12, "expected ')'")]
    [InlineData("type = 'a')", 1, 11, "found ')'")]
    [InlineData("properties.a$b = 1", 1, 13, "put a backslash before it")]
    [InlineData("properties. = 1", 1, 12, "a name is missing after the dot")]
    [InlineData("properties.total > '20'", 1, 20, "compares numbers")]
    [InlineData("a = b = c", 1, 7, "cannot be chained")]
    [InlineData("'track'", 1, 1, "is a value, not a condition")]
    [InlineData("on and 5", 1, 8, "is a value, not a condition")]
    [InlineData("size(a) = 1", 1, 1, "there is no function 'size'")]
    [InlineData("contains(a)", 1, 1, "write contains(text, part)")]
    [InlineData("contains(a, 5)", 1, 1, "put the value in quotes")]
    [InlineData("match(a, '[a')", 1, 1, "must have a closing bracket")]
    [InlineData("type in 'track'", 1, 9, "must be a list")]
    [InlineData("type * 'a'", 1, 6, "'*' is not allowed here")]
    [InlineData("a = 1x", 1, 5, "a number is digits")]
    public void Parse_InvalidStatement_NamesPlaceAndRemedy(string text, int line, int column, string remedy)
    {
        var exception = Assert.Throws<FqlException>(() => FqlExpression.Parse(text));

        Assert.Equal((line, column), (exception.Line, exception.Column));
        Assert.Contains(remedy, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_VeryDeepStatement_IsRefused()
    {
        var exception = Assert.Throws<FqlException>(() => FqlExpression.Parse(new string('(', 5_000) + "on" + new string(')', 5_000)));
        Assert.Contains("nested deeper", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_WhatOthersReadDifferently_IsNamed()
    {
        Assert.Empty(FqlExpression.Parse("on or (on and off)").Warnings);
        Assert.Contains("add parentheses", Assert.Single(FqlExpression.Parse("on or on and off").Warnings), StringComparison.Ordinal);
        Assert.Contains("write '='", Assert.Single(FqlExpression.Parse("type == 'track'").Warnings), StringComparison.Ordinal);
        Assert.Contains("write 'and'", Assert.Single(FqlExpression.Parse("type = 'track', on").Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type = 'track' and event = 'A'", "track", "A", true)]
    [InlineData("type = 'track' and event = 'A'", "track", "B", false)]
    [InlineData("type = 'track' and event = 'A'", "page", null, false)]
    [InlineData("type = 'track' and properties.total > 5", "track", "A", null)]
    [InlineData("type = 'track' and properties.total > 5", "page", null, false)]
    [InlineData("type = 'track' or properties.total > 5", "track", "A", true)]
    [InlineData("event in ['A', properties.b]", "track", "A", null)]
    [InlineData("!(userId = 'u')", "track", "A", null)]
    [InlineData("event = null", "page", null, true)]
    public void Matches_HeadersAlone_DecideWhatTheyCan(string text, string type, string? name, bool? expected) =>
        Assert.Equal(expected, FqlExpression.Parse(text).Matches(type, name));

    private static bool Matches(string text)
    {
        using var document = JsonDocument.Parse(Event);
        return FqlExpression.Parse(text).Matches(document.RootElement);
    }
}
