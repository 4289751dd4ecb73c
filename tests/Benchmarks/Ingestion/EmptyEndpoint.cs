using System.Buffers;
using Cdp.Hosting.Process;

namespace Cdp.Benchmarks.Ingestion;

/// <summary>The baseline for single events: a process like a service, with health and telemetry, whose endpoint only reads the body.</summary>
internal static class EmptyEndpoint
{
    public static readonly ServiceDefinition Service = new("empty", 8080, _ => { }, app => app.MapPost("/v1/{type}", (RequestDelegate)AnswerAsync));

    private static readonly byte[] Success = """{"success":true}"""u8.ToArray();

    private static async Task AnswerAsync(HttpContext context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0) continue;
        ArrayPool<byte>.Shared.Return(buffer);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Success.Length;
        await context.Response.Body.WriteAsync(Success);
    }
}
