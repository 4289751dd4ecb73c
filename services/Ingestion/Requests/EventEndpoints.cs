using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Tokens;
using Cdp.Ingestion.Receiving;

namespace Cdp.Ingestion.Requests;

/// <summary>Maps the paths that SDKs send events to.</summary>
public static class EventEndpoints
{
    public static void MapEvents(this WebApplication app)
    {
        var events = app.Services.GetRequiredService<EventEndpoint>();
        foreach (var (path, type) in EventTypes.ByPath)
        {
            app.MapGuarded($"/v1/{path}", context => events.HandleAsync(context, Shape.One(type)), HttpMethods.Post);
        }
        app.MapGuarded("/v1/batch", context => events.HandleAsync(context, Shape.Batch), HttpMethods.Post);
        app.MapGuarded("/v1/b", context => events.HandleAsync(context, Shape.Batch), HttpMethods.Post);
        app.MapGuarded("/v1/import", context => events.HandleAsync(context, Shape.Batch, isHistorical: true), HttpMethods.Post);
    }
}
