using Cdp.Identifiers.Types;
using CsCheck;
using Xunit;

namespace Cdp.Identifiers.Tests.Types;

public sealed class IdentifierTypesTests
{
    [Theory]
    [InlineData("email", " Ann@X.org", "ann@x.org")]
    [InlineData("email", "no address", "no address")]
    [InlineData("phone", "+43 1 58858", "+43158858")]
    [InlineData("user_id", " U ", "U")]
    [InlineData("user_id", "55520.0", "55520")]
    [InlineData("group_id", "42.0", "42")]
    [InlineData("message_id", " 42.0", " 42.0")]
    [InlineData("email", "A@xn--mnchen-3ya.de", "a@münchen.de")]
    [InlineData("email", "bob@xn--example-6z6c.com", "bob@xn--example-6z6c.com")] // U+200B
    [InlineData("email", "bob@xn--example-6e14b.com", "bob@xn--example-6e14b.com")] // U+FFFD
    [InlineData("email", "bob@xn--ab-r13a.com", "bob@xn--ab-r13a.com")] // U+3002 is a dot in a domain
    [InlineData("never heard of", " U ", "U")]
    public void Normalise_Identifier_HasItsStoredForm(string type, string value, string expected) =>
        Assert.Equal(expected, DefaultTypes.Configuration.Normalise(type, value).value);

    [Fact]
    public void Normalise_AnyEmailTwice_EqualsOnce() =>
        Gen.Select(
            Gen.Char["aB1éÉe\u0301\u200B\u00AD\uFFFD\u3002\uFF0E\u00A0\uFEFFß\u0130"].Array[1, 6],
            Gen.Char["abz019-"].Array[1, 6],
            Gen.Bool).Sample((text, code, isEncoded) =>
        {
            var label = (isEncoded ? "xn--example-" : new string(text)) + new string(code);
            var once = DefaultTypes.Configuration.Normalise("email", $"bob@{label}.com").value;
            Assert.Equal(once, DefaultTypes.Configuration.Normalise("email", once).value);
        });
}
