using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Microsoft.Extensions.Primitives;

namespace Cdp.Ingestion.Receiving;

/// <summary>The bodies that the SDKs are answered with.</summary>
public static class Answers
{
    // SDKs back off by themselves; this is for those that ask.
    private static readonly StringValues RetryAfter = "5";
    private static readonly byte[] Success = """{"success":true}"""u8.ToArray();

    /// <summary>Everything is acknowledged; of a batch, perhaps, some in quarantine.</summary>
    public static Task AcceptAsync(HttpResponse response, Verdicts verdicts)
    {
        if (verdicts.Rejected.Count == 0) return WriteAsync(response, 200, Success);
        return WriteAsync(response, 200, Body(json =>
        {
            json.WriteBoolean("success", true);
            json.WriteNumber("accepted", verdicts.Accepted);
            WriteRejected(json, verdicts);
        }));
    }

    /// <summary>Nothing was written.</summary>
    public static Task RefuseAsync(HttpResponse response, Rejection rejection)
    {
        if (rejection.Status == 503) response.Headers.RetryAfter = RetryAfter;
        return WriteAsync(response, rejection.Status, Body(json =>
        {
            json.WriteBoolean("success", false);
            WriteError(json, rejection, index: null);
        }));
    }

    /// <summary>A batch of which no event is good; nothing was written.</summary>
    public static Task RefuseBatchAsync(HttpResponse response, Verdicts verdicts) => WriteAsync(response, 400, Body(json =>
    {
        json.WriteBoolean("success", false);
        WriteError(json, verdicts.Rejected[0].Rejection, verdicts.Rejected[0].Index);
        WriteRejected(json, verdicts);
    }));

    private static byte[] Body(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
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

    private static Task WriteAsync(HttpResponse response, int status, byte[] body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, 0, body.Length);
    }
}
