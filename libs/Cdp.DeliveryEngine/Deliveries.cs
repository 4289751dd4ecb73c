using Cdp.Contracts;
using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Observability;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Routing;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
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
        builder.Services.TryAddSingleton<DeliveryLog>();
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
        builder.AddStream(kafka, options, services =>
        {
            var codec = new AvroCodec(kafka.Registry(), kafka.TopicPrefix);
            var time = services.GetRequiredService<TimeProvider>();
            var log = services.GetRequiredService<DeliveryLog>();
            return new DeliveryProcessor(settings, router, destination(services), new ParkedStore(kafka, codec, retries, log), time, log);
        });
    }
}
