using Cdp.Hosting;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Streaming;
using Confluent.SchemaRegistry;

namespace Cdp.Ingestion;

/// <summary>The wiring of the service.</summary>
public static class IngestionService
{
    public static readonly ServiceDefinition Service = new("ingestion", 8080, AddIngestion, MapIngestion);

    private static void AddIngestion(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<IngestionOptions>(options => options.Errors());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Our own limit counts what a body inflates to, and has an answer that names it.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<ISchemaRegistryClient>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton<EventProducer>();
        builder.Services.AddSingleton<IngestionEndpoint>();
        builder.Services.AddHostedService<EventProducerWatch>();
    }

    private static void MapIngestion(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<IngestionEndpoint>();
        foreach (var (path, type) in EventTypes.ByPath) Map($"/v1/{path}", type);
        Map("/v1/batch", null);
        Map("/v1/b", null);

        void Map(string path, string? type)
        {
            app.MapPost(path, (RequestDelegate)(context => endpoint.AnswerAsync(context, type)));
            app.MapMethods(path, [HttpMethods.Options], (RequestDelegate)Cors.AnswerPreflight);
        }
    }
}
