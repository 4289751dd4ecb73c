using System.Text;
using Cdp.Ingestion.Parsing.Quarantining;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing.Quarantining;

public sealed class CredentialTests
{
    [Theory]
    [InlineData("""{ "a":1, "b":2 }""", """{ "a":1, "b":2 }""")]
    [InlineData("""{"writeKey":"k"}""", "{}")]
    [InlineData("""{"writeKey":"k", "a" : 1}""", """{ "a" : 1}""")]
    [InlineData("""{"a":1 , "writeKey":"k" }""", """{"a":1 }""")]
    [InlineData("""{"a":1,"writeKey":{"x":[1]},"b":2}""", """{"a":1,"b":2}""")]
    [InlineData("""{"writeKey":"k","writeKey":"l"}""", "{}")]
    [InlineData("""{"a":1,"writeKey":"k","write\u004bey":"l"}""", """{"a":1}""")]
    [InlineData("""{"w\u0072iteKey":"k","a":"\ud83d"}""", """{"a":"\ud83d"}""")]
    [InlineData("""{"properties":{"writeKey":"theirs"}}""", """{"properties":{"writeKey":"theirs"}}""")]
    [InlineData("""["writeKey"]""", """["writeKey"]""")]
    [InlineData("writeKey;userId", "writeKey;userId")]
    [InlineData("""{"writeKey":"k","a":"cut of""", """{"a":"cut of""")]
    public void Removed_AnyItem_DropsTheWriteKeyOnly(string item, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Credential.Removed(Encoding.UTF8.GetBytes(item))));
}
