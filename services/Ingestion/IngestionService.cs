using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Producing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Reference;
using Cdp.Ingestion.Requests;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Webhooks;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cdp.Ingestion;

/// <summary>Registers the services of ingestion and maps its endpoints.</summary>
public static class IngestionService
{
    public static readonly ServiceDefinition Service = new("ingestion", 8080, AddIngestion, MapIngestion);

    private static void AddIngestion(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<IngestionOptions>(options => options.Errors());
        // A request takes about 20 µs of CPU time and never blocks. Moving requests to another thread would cost a tenth of the CPU time of single events, as
        // measured by tests/Benchmarks, which is more than it would save in waiting time.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Limits:RequestBytes applies to the decompressed body instead, and its response names the limit.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Connections;
            // Bytes that Kestrel receives ahead of the handler and responses that clients do not read are memory outside Limits:BufferedBytes, so both are
            // kept small per connection.
            kestrel.Limits.MaxRequestBufferSize = 128 * 1024;
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<SchemaRegistry>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton<EventProducer>();
        builder.AddLiveFiles("sources", options.Sources, errors => new SourceCatalog(SourceFiles.Read(options.Sources, options.Limits, errors)));
        string[] suppressedUsers = options.SuppressedUsers is { } file ? [file] : [];
        builder.AddLiveFiles("suppressed-users", suppressedUsers, errors => Suppressions.Read(options.SuppressedUsers, errors));
        builder.Services.AddSingleton(options.Kafka);
        builder.Services.AddSingleton(options.Limits);
        builder.Services.AddSingleton(options.Imports);
        builder.Services.AddSingleton<Admission>();
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
        app.UseSingleSlashes();
        // Handles requests that match no endpoint.
        app.UseStatusCodePages(status => status.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => RequestGate.RefuseAsync(status.HttpContext, Rejection.UnknownPath),
            StatusCodes.Status405MethodNotAllowed => RequestGate.RefuseAsync(status.HttpContext, Rejection.WrongMethod),
            _ => Task.CompletedTask,
        });
        app.MapReference();
        app.MapEvents();
        app.MapGuarded("/v1/webhook", app.Services.GetRequiredService<WebhookEndpoint>().HandleAsync, HttpMethods.Post, HttpMethods.Get);
        app.MapBrowser(app.Services.GetRequiredService<IngestionOptions>().Sdk);
        app.MapGuarded("/v1/import/file", app.Services.GetRequiredService<ImportEndpoint>().HandleAsync, HttpMethods.Post);
    }
}
