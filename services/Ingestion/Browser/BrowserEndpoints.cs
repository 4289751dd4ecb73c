using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;

namespace Cdp.Ingestion.Browser;

/// <summary>What browsers ask for beyond the endpoints that every SDK uses.</summary>
public static class BrowserEndpoints
{
    private static readonly string[] SegmentPixels = ["track", "identify", "page", "screen", "group", "alias"];
    private static readonly string[] RudderStackPixels = ["track", "page"];
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void AddBrowser(this IServiceCollection services) => services
        .AddSingleton<SettingsEndpoint>()
        .AddSingleton<AnonymousIdEndpoint>()
        .AddSingleton<PixelEndpoint>()
        .AddSingleton<SdkMetricsEndpoint>();

    public static void MapBrowser(this WebApplication app)
    {
        var services = app.Services;
        var settings = services.GetRequiredService<SettingsEndpoint>();
        app.MapGuarded("/v1/projects/{writeKey}/settings", settings.AnswerSegmentAsync, HttpMethods.Get);
        app.MapGuarded("/sourceConfig", settings.AnswerRudderStackAsync, HttpMethods.Get);

        var anonymousId = services.GetRequiredService<AnonymousIdEndpoint>();
        app.MapGuarded("/v1/projects/{writeKey}/anonymousId", anonymousId.AnswerAsync, HttpMethods.Get, HttpMethods.Put, HttpMethods.Delete);

        var events = services.GetRequiredService<EventEndpoint>();
        app.MapGuarded("/beacon/v1/batch", context => events.AnswerAsync(context, Shape.Batch), HttpMethods.Post);

        var gate = services.GetRequiredService<RequestGate>();
        var pixel = services.GetRequiredService<PixelEndpoint>();
        foreach (var type in SegmentPixels) MapPixel($"/v1/pixel/{type}", type);
        foreach (var type in RudderStackPixels) MapPixel($"/pixel/v1/{type}", type);

        var metrics = services.GetRequiredService<SdkMetricsEndpoint>();
        app.MapGuarded("/v1/m", context => metrics.AnswerAsync(context, "segment"), HttpMethods.Post);
        app.MapGuarded("/rsaMetrics", context => metrics.AnswerAsync(context, "rudderstack"), HttpMethods.Post);

        app.MapSdk(services.GetRequiredService<IngestionOptions>().Sdk);

        void MapPixel(string path, string type) => app.MapGet(path, gate.Guard(
            context => pixel.AnswerAsync(context, type),
            (context, rejection) => PixelEndpoint.RefuseAsync(context, null, rejection)));
    }

    private static void MapSdk(this WebApplication app, SdkOptions sdk)
    {
        if (sdk.Path is not { } path) return;
        var script = OwnFile.Read("remember.js");
        app.MapMethods($"{path}/remember.js", GetAndHead, (HttpResponse response) => script.Answer(response, "text/javascript", SdkFiles.CacheControl));
        if (sdk.TestPage)
        {
            var page = OwnFile.Read("test-page.html");
            app.MapMethods($"{path}/test", GetAndHead, (HttpResponse response) => page.Answer(response, "text/html", "no-store"));
        }
        if (sdk.Folder is not { } folder) return;
        var files = new SdkFiles(folder);
        app.MapMethods($"{path}/{{**file}}", GetAndHead, (string file, HttpRequest request, HttpResponse response) => files.Find(request, response, file));
    }
}
