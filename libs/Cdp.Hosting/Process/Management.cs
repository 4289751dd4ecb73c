using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Streaming.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cdp.Hosting.Process;

/// <summary>
/// The endpoints for operators and the platform, on a separate port: <c>/health/live</c> (never asks a broker), <c>/health/ready</c> with the state of
/// every part of the service, and <c>/metrics</c> in the Prometheus format. The port of the API only has the bare status.
/// </summary>
public static class Management
{
    private static readonly object Mark = new();

    // Details contain file names and values in quotes, which the default encoder would escape.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Marks the connections of a listener as management connections. The Host header must not decide that, because the client chooses it.</summary>
    public static void UseManagement(this ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Items[Mark] = true;
        return next(connection);
    });

    /// <summary>Handles the requests of management connections, and no others.</summary>
    /// <param name="app">The application, before its routing is added.</param>
    /// <param name="services">The name and the readiness of each service in the process. The name is empty if there is only one.</param>
    public static void MapManagement(this IApplicationBuilder app, params IReadOnlyList<(string Name, Readiness Readiness)> services) =>
        app.MapWhen(context => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true, management =>
        {
            management.UseOpenTelemetryPrometheusScrapingEndpoint();
            management.Run(context => AnswerAsync(context, services));
        });

    /// <summary>Maps the bare status, for load balancers that only reach the port of the API.</summary>
    internal static void MapBareHealth(this WebApplication app)
    {
        app.MapGetAndHead("/health/live", () => Results.Ok());
        app.MapGetAndHead("/health/ready", (Readiness readiness) => Results.StatusCode(Status(readiness.IsReady)));
    }

    private static Task AnswerAsync(HttpContext context, IReadOnlyList<(string Name, Readiness Readiness)> services)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path.Value is not ("/health/live" or "/health/ready"))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }
        if (request.Path.Value == "/health/live") return Task.CompletedTask;
        var isReady = services.All(service => service.Readiness.IsReady);
        return Results.Text(Describe(isReady, services), "application/json", statusCode: Status(isReady)).ExecuteAsync(context);
    }

    private static int Status(bool isReady) => isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private static string Describe(bool isReady, IReadOnlyList<(string Name, Readiness Readiness)> services)
    {
        var parts = from service in services
                    from part in service.Readiness.Parts
                    let name = service.Name.Length > 0 ? $"{service.Name}: {part.Key}" : part.Key
                    select (Name: name, Detail: new { ready = part.Value.Ready, detail = part.Value.Detail });
        var ordered = parts.OrderBy(part => part.Name, StringComparer.Ordinal).ToDictionary(part => part.Name, part => part.Detail);
        return JsonSerializer.Serialize(new { ready = isReady, parts = ordered }, Readable);
    }
}
