using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cdp.Hosting;

/// <summary>What an API answers when it cannot do as asked: <c>{"error":{"code":"not_found","message":"…"}}</c>.</summary>
public static class ApiError
{
    public const string ContentType = "application/json; charset=utf-8";

    // For people as much as for programs: quotes and letters of every script stay as they are. It is never put into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="status">The HTTP status.</param>
    /// <param name="code">For programs: one of few words.</param>
    /// <param name="message">For people: the thing, and the remedy.</param>
    /// <param name="more">Further members beside <c>error</c>.</param>
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
