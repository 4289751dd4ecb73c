using System.Text;
using Cdp.Ingestion.Webhooks;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class PayloadReaderTests
{
    private const string Form = "application/x-www-form-urlencoded";

    [Theory]
    [InlineData("application/json", """{"a":1}""", "json", """{"a":1}""")]
    [InlineData(null, "[1]", "json", "[1]")]
    [InlineData(Form, """ {"a":1}""", "json", """{"a":1}""")]
    [InlineData(Form, "a=1&b=x+y%20%C3%A4&c&a=2", "form", """{"a":["1","2"],"b":"x y \u00E4","c":""}""")]
    [InlineData(Form + "; charset=utf-8", "payload=%7B%22a%22%3A1%7D", "form", """{"a":1}""")]
    [InlineData(Form, "payload=nothing", "form", """{"payload":"nothing"}""")]
    [InlineData(Form, "payload=%7B%22a%22%3A1%7D&b=2", "form", """{"payload":"{\u0022a\u0022:1}","b":"2"}""")]
    [InlineData(Form, "a=%zz%", "form", """{"a":"%zz%"}""")]
    public void Read_JsonOrForm_ReturnsOneJsonValue(string? contentType, string body, string encoding, string json)
    {
        Assert.Null(PayloadReader.Read(Encoding.UTF8.GetBytes(body), contentType, out var payload, out var read));
        Assert.Equal((encoding, json), (read, payload.GetRawText()));
    }

    [Theory]
    [InlineData("", "empty_body")]
    [InlineData(" \n", "empty_body")]
    [InlineData("<xml/>", "invalid_json")]
    [InlineData("{}{}", "invalid_json")]
    public void Read_NeitherJsonNorForm_IsRefused(string body, string code) =>
        Assert.Equal(code, PayloadReader.Read(Encoding.UTF8.GetBytes(body), "application/json", out _, out _)?.Code);

    [Fact]
    public void Read_MultipartForm_NamesTheSupportedContentTypes() =>
        Assert.Contains(
            "application/x-www-form-urlencoded",
            PayloadReader.Read("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--"u8, "multipart/form-data; boundary=x", out _, out _)?.Message,
            StringComparison.Ordinal);

    [Fact]
    public void Read_TooManyFormFields_IsRefused()
    {
        var fields = string.Join('&', Enumerable.Range(0, 10_000).Select(i => $"f{i}=1"));

        Assert.Null(PayloadReader.Read(Encoding.UTF8.GetBytes(fields), Form, out var payload, out _));
        Assert.Equal(10_000, payload.GetPropertyCount());
        Assert.Equal("too_many_fields", PayloadReader.Read(Encoding.UTF8.GetBytes(fields + "&"), Form, out _, out _)?.Code);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[1,2]")]
    [InlineData("[[[]]]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("1e999999999")]
    [InlineData("-123456789012345678901234567890.5e-400")]
    [InlineData("{\"type\":1e999,\"id\":[],\"created\":1e400,\"data\":null}")]
    [InlineData("{\"type\":{},\"created\":-99999999999999999999999999,\"data\":[1]}")]
    [InlineData("{\"type\":\"customer.created\",\"created\":\"9999-99-99\",\"data\":{\"object\":[]}}")]
    public void Map_PayloadOfAnyShape_IsMappedOrFaulted(string body)
    {
        Assert.Null(PayloadReader.Read(Encoding.UTF8.GetBytes(body), "application/json", out var payload, out _));
        foreach (var (_, preset) in VendorSample.Presets)
        {
            var mapped = preset.Map(payload);
            Assert.True(mapped.Faults.Count > 0 || mapped.Events.Count == 0);
        }
    }

    [Fact]
    public void Read_AnyBytes_NeverThrows() =>
        Gen.Select(Gen.Byte.Array, Gen.Bool).Sample((body, isForm) => _ = PayloadReader.Read(body, isForm ? Form : null, out _, out _));

    [Fact]
    public void Without_Credentials_KeepsTheOtherParametersUnchanged()
    {
        const string Query = "a=x+y&writeKey=WK&%77riteKey=WK&WRITEKEY=WK&b=%20&token=s&Token=s&";

        Assert.Equal("a=x+y&b=%20", PayloadReader.Without(Query, ["writeKey", "token"]));
        Assert.Equal("""{"a":"x y","b":" "}""", PayloadReader.ReadForm(Query, ["writeKey", "token"]).GetRawText());
    }
}
