using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Receiving;

/// <summary>The bodies that the SDKs are answered with.</summary>
public static class Answers
{
    // Read by people in logs and consoles, never put into HTML: quotes stay quotes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly byte[] Success = """{"success":true}"""u8.ToArray();

    /// <summary>What became of a request's events.</summary>
    public static Task TellAsync(HttpContext context, Source source, Outcome outcome, bool isBatch)
    {
        if (outcome.Refused is not null) return RefuseAsync(context, source, outcome.Refused);
        var verdicts = outcome.Verdicts!;
        if (verdicts.Accepted + verdicts.Suppressed > 0)
        {
            IngestionMetrics.CountEvents(source.Id, verdicts);
            return AcceptAsync(context.Response, verdicts);
        }
        if (!isBatch) return RefuseAsync(context, source, verdicts.Rejected[0].Rejection);
        IngestionMetrics.CountRefused(source.Id, verdicts.Rejected[0].Rejection);
        return RefuseBatchAsync(context.Response, verdicts);
    }

    /// <summary>Nothing was written.</summary>
    /// <param name="context">The request.</param>
    /// <param name="source">Who sent it, where that is known.</param>
    /// <param name="rejection">Why.</param>
    public static Task RefuseAsync(HttpContext context, Source? source, Rejection rejection)
    {
        IngestionMetrics.CountRefused(source?.Id, rejection);
        var response = context.Response;
        if (rejection.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (PrefersText(context.Request)) return WriteAsync(response, rejection.Status, Encoding.UTF8.GetBytes(rejection.Message + "\n"), "text/plain; charset=utf-8");
        return WriteAsync(response, rejection.Status, Body(json =>
        {
            json.WriteBoolean("success", false);
            WriteError(json, rejection, index: null);
        }));
    }

    /// <summary>Everything is acknowledged; some, perhaps, in quarantine.</summary>
    public static Task AcceptAsync(HttpResponse response, Verdicts verdicts)
    {
        if (verdicts.Rejected.Count == 0) return WriteAsync(response, 200, Success);
        return WriteAsync(response, 200, Body(json =>
        {
            json.WriteBoolean("success", true);
            json.WriteNumber("accepted", verdicts.Accepted + verdicts.Suppressed);
            WriteRejected(json, verdicts);
        }));
    }

    // A batch of which no event is good; nothing was written.
    private static Task RefuseBatchAsync(HttpResponse response, Verdicts verdicts) => WriteAsync(response, 400, Body(json =>
    {
        json.WriteBoolean("success", false);
        WriteError(json, verdicts.Rejected[0].Rejection, verdicts.Rejected[0].Index);
        WriteRejected(json, verdicts);
    }));

    private static byte[] Body(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void WriteError(Utf8JsonWriter json, Rejection rejection, int? index)
    {
        json.WriteStartObject("error");
        json.WriteString("code", rejection.Code);
        json.WriteString("message", rejection.Message);
        if (index is { } position) json.WriteNumber("index", position);
        json.WriteEndObject();
    }

    private static void WriteRejected(Utf8JsonWriter json, Verdicts verdicts)
    {
        json.WriteStartArray("rejected");
        foreach (var (index, rejection) in verdicts.Rejected)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("code", rejection.Code);
            json.WriteString("message", rejection.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // RudderStack's own answers are its words as plain text; who asks for that alone gets it.
    private static bool PrefersText(HttpRequest request) => request.Headers.Accept.ToString().StartsWith("text/plain", StringComparison.OrdinalIgnoreCase);

    private static Task WriteAsync(HttpResponse response, int status, byte[] body, string contentType = "application/json")
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        // Sent when the request is over and has left its place to another: who reads no answers keeps nobody out.
        response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }
}
