using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>A loop on its own thread, which is stopped at the end of the test.</summary>
internal sealed class LoopRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LoopRun(Processor<int> processor, KafkaOptions kafka, StreamOptions options)
    {
        new Thread(() =>
        {
            try
            {
                StreamRunner.Run(kafka, options, processor, TimeProvider.System, Readiness, NullLoggerFactory.Instance, _stopping.Token);
                _ended.SetResult(null);
            }
            catch (Exception e)
            {
                _ended.SetResult(e);
            }
        })
        { IsBackground = true }.Start();
    }

    public Readiness Readiness { get; } = new();

    /// <summary>Whether the loop is not ready and its readiness detail contains a text.</summary>
    public bool IsWaitingFor(string what) =>
        Readiness.Parts.TryGetValue("loop copy", out var part) && !part.Ready && part.Detail.Contains(what, StringComparison.Ordinal);

    /// <summary>The exception that ended the loop; null if it was stopped.</summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Starts a loop that copies events.collected.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="processor">The processor.</param>
    /// <param name="instance">The name of the group member.</param>
    /// <param name="maxRecords">The most records in a batch.</param>
    /// <param name="client">Settings of the Kafka clients; null for those of the cluster.</param>
    /// <param name="coPartitionedWith">A second input with the same partition numbers; null for none.</param>
    /// <param name="registry">The URL of the registry; null for that of the cluster.</param>
    public static LoopRun Start(
        Cluster cluster,
        Processor<int> processor,
        string instance = "1",
        int maxRecords = 5_000,
        IReadOnlyDictionary<string, string>? client = null,
        Topic? coPartitionedWith = null,
        string? registry = null) =>
        new(processor, Kafka(cluster, instance, client, registry), new StreamOptions
        {
            Service = "copy",
            Group = "copy",
            CoPartitioned = coPartitionedWith is not null,
            Inputs = coPartitionedWith is null ? [Topics.EventsCollected] : [Topics.EventsCollected, coPartitionedWith],
            Outputs = [Topics.EventsValidated, Topics.EventsIdentified, Topics.Dead],
            MaxRecords = maxRecords,
        });

    private static KafkaOptions Kafka(Cluster cluster, string instance, IReadOnlyDictionary<string, string>? client, string? registry) => cluster.Kafka with
    {
        InstanceId = cluster.Prefix + instance,
        Client = client ?? cluster.Kafka.Client,
        SchemaRegistry = registry ?? cluster.Kafka.SchemaRegistry,
    };

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (await Ended is { } error and not OperationCanceledException) throw new InvalidOperationException("the loop failed", error);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Ended.WaitAsync(TimeSpan.FromSeconds(150));
    }
}

/// <summary>The input and output of a loop under test.</summary>
internal static class LoopRecords
{
    /// <summary>
    /// Produces events first..first+count-1, number i with the key <c>i mod keys</c>, so that a key's events are in the order of their numbers.
    /// </summary>
    public static async Task ProduceAsync(this Cluster cluster, int first, int count, int keys = 20, bool inTransaction = false)
    {
        await TopicAdmin.EnsureAsync(cluster.Kafka, [Topics.EventsCollected]);
        using var registry = cluster.Kafka.Registry();
        var codec = new AvroCodec(registry, cluster.Prefix);
        var config = cluster.Kafka.Producer();
        if (inTransaction) config.TransactionalId = cluster.Prefix + "events";
        using var producer = new ProducerBuilder<string, byte[]>(config).Build();
        if (inTransaction)
        {
            producer.InitTransactions(TimeSpan.FromSeconds(30));
            producer.BeginTransaction();
        }
        cluster.Produce(producer, codec, first, count, keys);
        if (inTransaction) producer.CommitTransaction(TimeSpan.FromSeconds(150));
    }

    /// <summary>Produces events with the same key in a transaction that stays open. The returned producer ends it.</summary>
    public static async Task<IProducer<string, byte[]>> HangAsync(this Cluster cluster, int first, int count)
    {
        await TopicAdmin.EnsureAsync(cluster.Kafka, [Topics.EventsCollected]);
        using var registry = cluster.Kafka.Registry();
        var config = cluster.Kafka.Producer();
        (config.TransactionalId, config.TransactionTimeoutMs) = (cluster.Prefix + "hanging", 600_000);
        var producer = new ProducerBuilder<string, byte[]>(config).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        producer.BeginTransaction();
        cluster.Produce(producer, new AvroCodec(registry, cluster.Prefix), first, count, keys: 1);
        return producer;
    }

    private static void Produce(this Cluster cluster, IProducer<string, byte[]> producer, AvroCodec codec, int first, int count, int keys)
    {
        for (var i = first; i < first + count; i++)
        {
            var value = codec.Encode(Topics.EventsCollected, new CollectedEvent
            {
                envelope = new Event
                {
                    messageId = $"{i}",
                    type = "track",
                    sourceId = "test",
                    anonymousId = $"key-{i % keys}",
                    receivedAt = DateTime.UnixEpoch,
                    timestamp = DateTime.UnixEpoch,
                },
            });
            producer.Produce(
                cluster.Prefix + Topics.EventsCollected.Name, new Message<string, byte[]> { Key = $"key-{i % keys}", Value = value, Headers = Trace(i) });
        }
        producer.Flush(TimeSpan.FromSeconds(150));
    }

    public static Headers Trace(int i) => new() { { "traceparent", Encoding.ASCII.GetBytes($"00-{i + 1:x32}-{i + 1:x16}-00") } };

    /// <summary>Every committed record of a topic, by partition and offset.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(this Cluster cluster, Topic topic) where T : class
    {
        using var registry = cluster.Kafka.Registry();
        var (codec, all) = (new AvroCodec(registry, cluster.Prefix), new List<T>());
        for (var partition = 0; partition < (topic.SinglePartition ? 1 : cluster.Kafka.Partitions); partition++)
        {
            await Changelog.ReadAsync(cluster.Kafka, codec, topic, partition, 0, changes =>
            {
                all.AddRange(changes.Select(change => change.Value).Cast<T>());
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        }
        return all;
    }
}
