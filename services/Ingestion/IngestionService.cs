using Cdp.Hosting;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Reference;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Webhooks;
using Cdp.Streaming;
using Confluent.SchemaRegistry;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cdp.Ingestion;

/// <summary>The wiring of the service.</summary>
public static class IngestionService
{
    public static readonly ServiceDefinition Service = new("ingestion", 8080, AddIngestion, MapIngestion);

    private static void AddIngestion(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<IngestionOptions>(options => options.Errors());
        // A request is some twenty microseconds of work, none of which blocks: a change of threads between reading it, judging it and answering costs more
        // than it lets others wait (a tenth of the CPU of single events, see tests/Benchmarks).
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Our own limit counts what a body inflates to, and has an answer that names it.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Connections;
            // What is received ahead of us is memory that nobody counts: a connection's share of it, and who leaves answers unread, are kept small.
            kestrel.Limits.MaxRequestBufferSize = 128 * 1024;
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<ISchemaRegistryClient>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton<EventProducer>();
        builder.AddLiveFiles("sources", options.Sources, errors => new SourceCatalog(SourceFiles.Read(options.Sources, options.Limits, errors)));
        builder.AddLiveFiles("suppressed-users", options.SuppressedUsers is { } file ? [file] : [], errors => Suppressions.Read(options.SuppressedUsers, errors));
        builder.Services.AddSingleton(new Admission(options.Limits));
        builder.Services.AddSingleton(ClientAddress.Trusting(options.TrustedProxies));
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<Authentication>();
        builder.Services.AddSingleton<Collector>();
        builder.Services.AddSingleton<RequestGate>();
        builder.Services.AddSingleton<EventEndpoint>();
        builder.Services.AddSingleton<WebhookEndpoint>();
        builder.Services.AddBrowser();
        builder.Services.AddSingleton<ImportEndpoint>();
        builder.Services.AddHostedService<EventProducerWatch>();
    }

    private static void MapIngestion(this WebApplication app)
    {
        app.UseStatusCodePages(unanswered => unanswered.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Answers.RefuseAsync(unanswered.HttpContext, null, Rejection.UnknownPath),
            StatusCodes.Status405MethodNotAllowed => Answers.RefuseAsync(unanswered.HttpContext, null, Rejection.WrongMethod),
            _ => Task.CompletedTask,
        });
        app.MapReference();
        var endpoint = app.Services.GetRequiredService<EventEndpoint>();
        foreach (var (path, type) in EventTypes.ByPath) app.MapGuarded($"/v1/{path}", context => endpoint.AnswerAsync(context, Shape.One(type)), HttpMethods.Post);
        app.MapGuarded("/v1/batch", context => endpoint.AnswerAsync(context, Shape.Batch), HttpMethods.Post);
        app.MapGuarded("/v1/b", context => endpoint.AnswerAsync(context, Shape.Batch), HttpMethods.Post);
        app.MapGuarded("/v1/import", context => endpoint.AnswerAsync(context, Shape.Batch, isHistorical: true), HttpMethods.Post);
        app.MapGuarded("/v1/webhook", app.Services.GetRequiredService<WebhookEndpoint>().AnswerAsync, HttpMethods.Post, HttpMethods.Get);
        app.MapBrowser();
        app.MapGuarded("/v1/import/file", app.Services.GetRequiredService<ImportEndpoint>().AnswerAsync, HttpMethods.Post);
    }

    /// <summary>Maps an endpoint behind the gate, and the preflight that a browser sends before.</summary>
    public static void MapGuarded(this WebApplication app, string path, RequestDelegate answer, params string[] methods)
    {
        var gate = app.Services.GetRequiredService<RequestGate>();
        app.MapMethods(path, methods, gate.Guard(answer));
        app.MapMethods(path, [HttpMethods.Options], (RequestDelegate)Cors.AnswerPreflight);
    }
}
