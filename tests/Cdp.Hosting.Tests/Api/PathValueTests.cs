using Cdp.Hosting.Api;

namespace Cdp.Hosting.Tests.Api;

public sealed class PathValueTests
{
    [Theory]
    [InlineData("/v1/identity/email/a%40x.org", "a@x.org")]
    [InlineData("/v1/identity/user_id/a/b%2Fc?x=1", "a/b/c")]
    [InlineData("/v1/identity/user_id/a%252Fb", "a%2Fb")]
    [InlineData("/v1/identity/user_id/a+b%20c", "a+b c")]
    [InlineData("/v1/identity/user_id/", "")]
    [InlineData("/V1/Identity/user_id/A", "A")]
    [InlineData("http://host/v1/identity/user_id/a", "as decoded")]
    [InlineData("/v1/%69dentity/user_id/a", "as decoded")]
    public void Of_RequestTarget_ReturnsTheValueDecodedOnce(string target, string value) =>
        Assert.Equal(value, PathValue.Of(target, "/v1/identity/", "as decoded"));
}
