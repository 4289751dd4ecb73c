using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cdp.Hosting.Api;

/// <summary>The body of an API error: <c>{"error":{"code":"not_found","message":"…"}}</c>.</summary>
public static class ApiError
{
    public const string ContentType = "application/json; charset=utf-8";

    // People read it as well, so quotes and letters of every script are not escaped. It is never embedded in HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An error response.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">The error code, one of a small documented set, for programs.</param>
    /// <param name="message">What is wrong and how to fix it, for people.</param>
    /// <param name="more">Writes further members beside <c>error</c>; null for none.</param>
    public static IResult Result(int status, string code, string message, Action<Utf8JsonWriter>? more = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
            more?.Invoke(json);
            json.WriteEndObject();
        }
        return Results.Text(buffer.WrittenSpan, ContentType, status);
    }
}
