using Cdp.Destinations.Http;
using Xunit;

namespace Cdp.Destinations.Tests.Http;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("the key a/b&\"c is wrong")]
    [InlineData("GET /?key=a%2Fb%26%22c")]
    [InlineData("{\"key\":\"a/b&\\\"c\"}")]
    [InlineData("{\"key\":\"a/b\\u0026\\u0022c\"}")]
    [InlineData("Basic YS9iJiJj")]
    public void Reason_SecretInAnyForm_IsMasked(string text)
    {
        var reason = new Secrets(["a/b&\"c"]).Reason(text);
        Assert.Contains(Secrets.Mask, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("b", reason.Replace("Basic", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_SecretThatContainsAnother_IsMaskedWhole() => Assert.Equal("x *** y", new Secrets(["abc", "abcdef"]).Reason("x abcdef y"));

    [Fact]
    public void Reason_SecretAcrossTheLimit_IsMaskedBeforeTheTextIsCut()
    {
        var reason = new Secrets(["topsecret"]).Reason(new string('x', Secrets.MaxReason - 4) + "topsecret");
        Assert.DoesNotContain("t", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_LongText_IsCutAtACharacter()
    {
        var reason = new Secrets([]).Reason(new string('x', Secrets.MaxReason - 2) + "😀😀");
        Assert.True(reason.Length <= Secrets.MaxReason);
        Assert.EndsWith("x…", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_LinesAndControls_BecomeOneLine() => Assert.Equal("a  b c", new Secrets([]).Reason("a\r\nb\0c\n"));
}
