using Cdp.Hosting.Api;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Requests;

namespace Cdp.Ingestion.Browser;

/// <summary>The endpoints that only browsers use.</summary>
public static class BrowserEndpoints
{
    private static readonly string[] SegmentPixels = ["track", "identify", "page", "screen", "group", "alias"];
    private static readonly string[] RudderStackPixels = ["track", "page"];

    public static void AddBrowser(this IServiceCollection services) => services
        .AddSingleton<SettingsEndpoint>()
        .AddSingleton<AnonymousIdEndpoint>()
        .AddSingleton<PixelEndpoint>()
        .AddSingleton<SdkMetricsEndpoint>();

    public static void MapBrowser(this WebApplication app, SdkOptions sdk)
    {
        var services = app.Services;
        var settings = services.GetRequiredService<SettingsEndpoint>();
        app.MapGuarded("/v1/projects/{writeKey}/settings", settings.HandleSegmentAsync, HttpMethods.Get);
        app.MapGuarded("/sourceConfig", settings.HandleRudderStackAsync, HttpMethods.Get);

        var anonymousId = services.GetRequiredService<AnonymousIdEndpoint>();
        app.MapGuarded("/v1/projects/{writeKey}/anonymousId", anonymousId.HandleAsync, HttpMethods.Get, HttpMethods.Put, HttpMethods.Delete);

        var events = services.GetRequiredService<EventEndpoint>();
        app.MapGuarded("/beacon/v1/batch", context => events.HandleAsync(context, Shape.Batch), HttpMethods.Post);

        var gate = services.GetRequiredService<RequestGate>();
        var pixel = services.GetRequiredService<PixelEndpoint>();
        foreach (var type in SegmentPixels) MapPixel($"/v1/pixel/{type}", type);
        foreach (var type in RudderStackPixels) MapPixel($"/pixel/v1/{type}", type);

        var metrics = services.GetRequiredService<SdkMetricsEndpoint>();
        app.MapGuarded("/v1/m", context => metrics.HandleAsync(context, "segment"), HttpMethods.Post);
        app.MapGuarded("/rsaMetrics", context => metrics.HandleAsync(context, "rudderstack"), HttpMethods.Post);

        app.MapSdk(sdk);

        void MapPixel(string path, string type) =>
            app.MapMethods(path, GetAndHead.Methods, gate.Guard(context => pixel.HandleAsync(context, type), PixelEndpoint.RefuseAsync));
    }

    private static void MapSdk(this WebApplication app, SdkOptions sdk)
    {
        if (sdk.Path is not { } path) return;
        var script = EmbeddedFile.Read("remember.js");
        app.MapGetAndHead($"{path}/remember.js", (HttpResponse response) => script.Serve(response, "text/javascript", SdkFiles.CacheControl));
        if (sdk.TestPage)
        {
            var page = EmbeddedFile.Read("test-page.html");
            app.MapGetAndHead($"{path}/test", (HttpResponse response) => page.Serve(response, "text/html", "no-store"));
        }
        if (sdk.Folder is not { } folder) return;
        var files = new SdkFiles(folder);
        app.MapGetAndHead($"{path}/{{**file}}", (string file, HttpRequest request, HttpResponse response) => files.Find(request, response, file));
    }
}
