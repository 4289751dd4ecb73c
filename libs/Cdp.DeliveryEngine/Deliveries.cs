using Cdp.Contracts;
using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Observability;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Routing;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Cdp.DeliveryEngine;

/// <summary>Adds deliveries to a host.</summary>
public static class Deliveries
{
    /// <summary>
    /// Adds the deliveries to one destination: a loop with the consumer group <c>SERVICE-ID</c>, so that a slow or failing destination delays no other.
    /// </summary>
    /// <param name="builder">The builder of the host.</param>
    /// <param name="kafka">The cluster.</param>
    /// <param name="service">The name of the service.</param>
    /// <param name="settings">How the destination is delivered to.</param>
    /// <param name="router">What triggers which action.</param>
    /// <param name="destination">Creates the destination; the engine disposes it.</param>
    /// <param name="start">Where a new destination begins in the history.</param>
    /// <param name="linger">How long a batch waits for further events, for a destination that prefers few large requests.</param>
    public static void AddDeliveries(
        this IHostApplicationBuilder builder,
        KafkaOptions kafka,
        string service,
        DeliverySettings settings,
        Router router,
        Func<IServiceProvider, Destination> destination,
        StartPosition start,
        TimeSpan linger)
    {
        builder.AddDeliveryLog();
        builder.Services.AddSingleton<IHostedService>(services =>
            Create(services, kafka, service, settings, router, () => destination(services), start, linger));
    }

    /// <summary>Adds what <see cref="Create"/> needs.</summary>
    public static void AddDeliveryLog(this IHostApplicationBuilder builder) => builder.Services.TryAddSingleton<DeliveryLog>();

    /// <summary>
    /// Creates the deliveries to one destination as <see cref="AddDeliveries"/> does, for a service that starts and stops them while it runs.
    /// </summary>
    public static DeliveryStream Create(
        IServiceProvider services,
        KafkaOptions kafka,
        string service,
        DeliverySettings settings,
        Router router,
        Func<Destination> destination,
        StartPosition start,
        TimeSpan linger)
    {
        var retries = Topics.DeliveriesRetry(settings.Id);
        var options = new StreamOptions
        {
            Service = service,
            Group = $"{service}-{settings.Id}",
            Inputs = [Topics.EventsIdentified, Topics.DeliveriesRequests],
            Outputs = [Topics.Deliveries, Topics.DeliveriesDead, retries, Topics.Dead],
            CoPartitioned = true,
            Start = start,
            Linger = linger,
            MaxWait = linger > TimeSpan.FromMilliseconds(20) ? linger : TimeSpan.FromMilliseconds(20),
        };
        var registry = kafka.Registry();
        return new DeliveryStream(services, kafka, options, registry, () =>
        {
            var codec = new AvroCodec(registry, kafka.TopicPrefix);
            var time = services.GetRequiredService<TimeProvider>();
            var log = services.GetRequiredService<DeliveryLog>();
            return new DeliveryProcessor(settings, router, destination(), new ParkedStore(kafka, codec, retries, log), time, log);
        });
    }
}

/// <summary>The deliveries to one destination: a loop on its own thread.</summary>
public sealed class DeliveryStream : IHostedService, IDisposable
{
    private readonly StreamOptions _options;
    private readonly Readiness _readiness;
    private readonly IHostedService _loop;
    private readonly SchemaRegistry _registry;
    private volatile DeliveryProcessor? _processor;

    internal DeliveryStream(IServiceProvider services, KafkaOptions kafka, StreamOptions options, SchemaRegistry registry, Func<DeliveryProcessor> processor)
    {
        (_options, _registry, _readiness) = (options, registry, services.GetRequiredService<Readiness>());
        // Created by the thread of the loop, when it starts.
        _loop = Streams.CreateStream(services, kafka, options, () => _processor = processor());
    }

    /// <summary>The state of the partitions that this instance owns; null if the loop has not started yet.</summary>
    public DeliveryState? State => _processor?.State;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the thread of the loop runs: until then the service would appear to be ready.
        _readiness.Report(_options.Part, false, "starting");
        return _loop.StartAsync(cancellationToken);
    }

    /// <summary>Ends the loop, and returns when it has ended. Requests in flight are cancelled, and repeated after the next start.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _loop.StopAsync(cancellationToken);

    /// <summary>Ends the loop like <see cref="StopAsync"/>, and removes it from the readiness of the service, which continues without it.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        _readiness.Remove(_options.Part);
    }

    public void Dispose()
    {
        (_loop as IDisposable)?.Dispose();
        _registry.Dispose();
    }
}
