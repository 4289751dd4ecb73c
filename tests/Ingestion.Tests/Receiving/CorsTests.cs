using Cdp.Ingestion.Receiving;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

public sealed class CorsTests
{
    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("null", true)]
    [InlineData("https://shop.exam\ale", false)]
    [InlineData("https://sh\u00f6p.example", false)]
    public void AnswerPreflight_RequestHeaders_AreEchoedIfValid(string text, bool isEchoed)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Origin = text;
        context.Request.Headers.AccessControlRequestHeaders = text;

        Cors.AnswerPreflight(context);

        Assert.Equal(isEchoed ? text : null, context.Response.Headers.AccessControlAllowOrigin);
        Assert.Equal(isEchoed ? text : null, context.Response.Headers.AccessControlAllowHeaders);
    }
}
