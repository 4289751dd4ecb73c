using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine;
using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Routing;
using Cdp.Destinations.Tests;
using Cdp.Hosting.Process;
using Cdp.Integration.Stack;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Deliveries;

/// <summary>Deliveries to a destination of the test, on a cluster of the test.</summary>
internal static class DeliveryRun
{
    public const string Id = "crm";

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <summary>Starts a service that delivers to a destination.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">The destination. Each instance of the service gets the same one, which is not disposed.</param>
    /// <param name="instance">The name of the group member.</param>
    /// <param name="subscription">The events that are delivered.</param>
    /// <param name="settings">Changes the settings.</param>
    /// <param name="start">Where a new group begins.</param>
    public static Task<RunningService> DeliverAsync(
        this Cluster cluster,
        Destination destination,
        string instance = "1",
        string subscription = "all",
        Func<DeliverySettings, DeliverySettings>? settings = null,
        StartPosition? start = null)
    {
        var router = new Router(Id, [new ActionRoute("", FqlExpression.Parse(subscription), null)]);
        var defaults = new DeliverySettings { Id = Id };
        var service = new ServiceDefinition("deliver", 0, builder => builder.AddDeliveries(
            cluster.Kafka with { InstanceId = instance },
            "deliver",
            settings?.Invoke(defaults) ?? defaults,
            router,
            _ => destination,
            start ?? StartPosition.Earliest,
            TimeSpan.Zero))
        { HasApi = false };
        return cluster.StartAsync(service, instance);
    }

    /// <summary>Writes events of profiles to events.identified, in order.</summary>
    public static async Task IdentifyAsync(this Cluster cluster, params IEnumerable<(string Profile, string Message)> events) =>
        await cluster.WriteAsync(Topics.EventsIdentified, events.Select(e => (e.Profile, (ISpecificRecord)SampleEvents.Event(e.Profile, e.Message))));

    /// <summary>Writes records to a topic, in order.</summary>
    public static async Task WriteAsync(this Cluster cluster, Topic topic, IEnumerable<(string Key, ISpecificRecord Record)> records)
    {
        await TopicAdmin.EnsureAsync(cluster.Kafka, [topic]);
        using var registry = cluster.Kafka.Registry();
        var codec = new AvroCodec(registry, cluster.Prefix);
        using var writer = new RecordWriter(cluster.Kafka);
        foreach (var (key, record) in records) await writer.WriteAsync(codec, topic, key, record, stopping: Stopping);
    }

    /// <summary>The committed records of a topic, in the order of each partition. Tombstones delete what they name.</summary>
    public static async Task<IReadOnlyList<T>> ReadAsync<T>(this Cluster cluster, Topic topic) where T : ISpecificRecord
    {
        using var registry = cluster.Kafka.Registry();
        var codec = new AvroCodec(registry, cluster.Prefix);
        var records = new List<(string? Key, T Record)>();
        for (var partition = 0; partition < cluster.Kafka.Partitions; partition++)
        {
            await Changelog.ReadAsync(cluster.Kafka, codec, topic, partition, 0, changes =>
            {
                foreach (var change in changes)
                {
                    if (topic.Cleanup == Cleanup.Compact) records.RemoveAll(record => record.Key == change.Key);
                    if (change.Value is T record) records.Add((change.Key, record));
                }
                return Task.CompletedTask;
            }, Stopping);
        }
        return [.. records.Select(record => record.Record)];
    }

    /// <summary>Waits until a number of deliveries are on record, and returns them.</summary>
    public static async Task<IReadOnlyList<Delivery>> DeliveriesAsync(this Cluster cluster, int count)
    {
        IReadOnlyList<Delivery> deliveries = [];
        await Eventually.TrueAsync(async () => (deliveries = await cluster.ReadAsync<Delivery>(Topics.Deliveries)).Count >= count, $"{count} deliveries are on record");
        return deliveries;
    }

    public static Task<IReadOnlyList<RetriedDelivery>> WaitingAsync(this Cluster cluster) => cluster.ReadAsync<RetriedDelivery>(Topics.DeliveriesRetry(Id));

    /// <summary>Whether a group has committed an offset for every partition of events.identified.</summary>
    public static bool HasCommittedEverywhere(this Cluster cluster, string group)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(cluster.Kafka.Consumer(group)).Build();
        var partitions = Enumerable.Range(0, cluster.Kafka.Partitions).Select(partition => cluster.Kafka.PartitionOf(Topics.EventsIdentified, partition));
        return consumer.Committed(partitions, TimeSpan.FromSeconds(10)).All(committed => !committed.Offset.IsSpecial);
    }
}
