using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Receiving;

/// <summary>Writes the response bodies of the SDK endpoints.</summary>
public static class Responses
{
    // People read the bodies in logs and consoles. They are never embedded in HTML, so quotes need no escapes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Keeps the response to a large batch of invalid events small.
    private const int MaxListed = 100;

    private static readonly byte[] Success = """{"success":true}"""u8.ToArray();

    /// <summary>Reports the result for a request's events.</summary>
    /// <returns>Why the request is refused; null if the response was written.</returns>
    public static async ValueTask<Rejection?> ReportAsync(HttpContext context, Source source, CollectResult result, bool isBatch)
    {
        if (result.Refused is not null) return result.Refused;
        var verdicts = result.Verdicts!;
        if (verdicts.Accepted + verdicts.Suppressed > 0)
        {
            IngestionMetrics.CountEvents(source.Id, verdicts);
            await AcceptAsync(context.Response, verdicts);
            return null;
        }
        var first = verdicts.Rejected[0].Rejection;
        if (!isBatch) return first;
        IngestionMetrics.CountRefused(source.Id, first);
        await RefuseBatchAsync(context.Response, verdicts);
        return null;
    }

    /// <summary>Refuses a request of which nothing was written to Kafka.</summary>
    public static Task RefuseAsync(HttpContext context, Rejection rejection)
    {
        var response = context.Response;
        if (rejection.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (PrefersText(context.Request))
        {
            return WriteAsync(response, rejection.Status, Encoding.UTF8.GetBytes(rejection.Message + "\n"), "text/plain; charset=utf-8");
        }
        return WriteAsync(response, rejection.Status, Body(json =>
        {
            json.WriteBoolean("success", false);
            WriteError(json, rejection, index: null);
        }));
    }

    /// <summary>Accepts a request: Kafka has acknowledged every event, possibly some of them as quarantined.</summary>
    public static Task AcceptAsync(HttpResponse response, Verdicts verdicts)
    {
        if (verdicts.Rejected.Count == 0 && verdicts.Warnings.Count == 0) return WriteAsync(response, 200, Success);
        return WriteAsync(response, 200, Body(json =>
        {
            json.WriteBoolean("success", true);
            if (verdicts.Rejected.Count > 0)
            {
                json.WriteNumber("accepted", verdicts.Accepted + verdicts.Suppressed);
                WriteRejected(json, verdicts);
            }
            if (verdicts.Warnings.Count > 0) WriteWarnings(json, verdicts);
        }));
    }

    // Used for a batch without any acceptable event; nothing was written to Kafka.
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
        foreach (var (index, rejection) in verdicts.Rejected.Take(MaxListed)) WriteItem(json, index, rejection.Code, rejection.Message);
        json.WriteEndArray();
        json.WriteNumber("rejectedCount", verdicts.Rejected.Count);
    }

    private static void WriteWarnings(Utf8JsonWriter json, Verdicts verdicts)
    {
        json.WriteStartArray("warnings");
        foreach (var (index, warning) in verdicts.Warnings.Take(MaxListed)) WriteItem(json, index, warning.Code, warning.Message);
        json.WriteEndArray();
    }

    private static void WriteItem(Utf8JsonWriter json, int index, string code, string message)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
    }

    // RudderStack responds in plain text, so a sender that asks for plain text gets the message alone.
    private static bool PrefersText(HttpRequest request) => request.Headers.Accept.ToString().StartsWith("text/plain", StringComparison.OrdinalIgnoreCase);

    private static Task WriteAsync(HttpResponse response, int status, byte[] body, string contentType = "application/json")
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        // Only buffered here. It is sent after the request has given up its place, so that senders that do not read their responses do not block others.
        response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }
}
