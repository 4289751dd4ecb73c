using System.Net;
using System.Text.RegularExpressions;
using Cdp.Ingestion.Reference;
using Xunit;

namespace Cdp.Ingestion.Tests.Reference;

public sealed partial class ReferencePageTests
{
    private static readonly string Page = ReferencePage.Render(OpenApiReference.Document, OpenApiReference.Template);

    [Fact]
    public void Render_Document_ShowsEveryOperationCodeAndSchema()
    {
        Assert.All(OpenApiReference.Document.Operations(), operation => Assert.Contains($"<article id=\"{operation.Id}\">", Page, StringComparison.Ordinal));
        Assert.All(
            OpenApiReference.Document.Members("components", "schemas"),
            schema => Assert.Contains($"<article id=\"{schema.Name}\">", Page, StringComparison.Ordinal));
        Assert.All(OpenApiReference.Codes, code => Assert.Contains($"<code>{code}</code>", Page, StringComparison.Ordinal));
        Assert.DoesNotContain("{{", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Document_LoadsNoScriptsOrExternalResources()
    {
        Assert.DoesNotContain("<script", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//|url\\(|@import", Page);
    }

    [Fact]
    public void Render_Document_HasUniqueIdsAndNoBrokenLinks()
    {
        var places = Id().Matches(Page).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.All(Link().Matches(Page).Select(match => match.Groups[1].Value), link => Assert.Contains(link, places));
    }

    [Fact]
    public void Render_MarkupInTheDocument_IsEscaped()
    {
        var document = System.Text.Json.JsonElement.Parse("""
            {
              "info":{"title":"<b>","description":"a `<i>` & **c**"},
              "tags":[{"name":"T","description":"<u>"}],
              "paths":{"/x":{"get":{"tags":["T"],"operationId":"x","summary":"<s>","responses":{}}}},
              "components":{"schemas":{}}
            }
            """);

        var page = ReferencePage.Render(document, "{{title}}{{body}}");

        Assert.Contains("<p>a <code>&lt;i&gt;</code> &amp; <strong>c</strong></p>", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("<[bius]>", page);
    }

    [Theory]
    [InlineData("track", "curl -u WRITE_KEY: https://HOST/v1/track -d '{")]
    [InlineData("shortForm", "curl https://HOST/v1/t -d '{")]
    [InlineData("beacon", "curl 'https://HOST/beacon/v1/batch?writeKey=WRITE_KEY' -d '{")]
    [InlineData("segmentPixel", "curl 'https://HOST/v1/pixel/track?writeKey=WRITE_KEY&data=eyJ1c2VySWQiOiJ1MSIsImV2ZW50IjoiTWFpbCBPcGVuZWQifQ%3D%3D'")]
    [InlineData("rudderStackPixel", "curl 'https://HOST/pixel/v1/track?writeKey=WRITE_KEY&anonymousId=7f1c2b9e&event=Mail%20Opened'")]
    [InlineData("segmentSettings", "curl https://HOST/v1/projects/WRITE_KEY/settings")]
    [InlineData("rememberVisitor", "curl -X PUT https://HOST/v1/projects/WRITE_KEY/anonymousId -d '{")]
    [InlineData("importFile", "curl -u WRITE_KEY: 'https://HOST/v1/import/file?fileId=orders-2019.csv' -H 'Content-Type: text/csv' --data-binary 'type,userId")]
    [InlineData("ready", "curl https://HOST/health/ready")]
    public void Render_Operation_ShowsItsCurlCommand(string operation, string command)
    {
        var start = Page.IndexOf($"<article id=\"{operation}\">", StringComparison.Ordinal);
        Assert.Contains(command, WebUtility.HtmlDecode(Page[start..Page.IndexOf("</article>", start, StringComparison.Ordinal)]), StringComparison.Ordinal);
    }

    [GeneratedRegex(" id=\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("href=\"#([^\"]+)\"")]
    private static partial Regex Link();
}
