using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>A loop on a thread of its own, stopped with the test.</summary>
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

    /// <summary>What it ended with; null when it was stopped.</summary>
    public Task<Exception?> Ended => _ended.Task;

    public static LoopRun Start(Cluster cluster, Processor<int> processor, string instance = "1", int maxRecords = 5_000) =>
        new(processor, cluster.Kafka with { InstanceId = cluster.Prefix + instance }, new StreamOptions
        {
            Service = "copy",
            Group = "copy",
            Inputs = [Topics.EventsCollected],
            Outputs = [Topics.EventsValidated, Topics.Dead],
            MaxRecords = maxRecords,
        });

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (await Ended is { } error and not OperationCanceledException) throw new InvalidOperationException("the loop failed", error);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Ended.WaitAsync(TimeSpan.FromSeconds(30));
    }
}

/// <summary>The input and output of a loop under test.</summary>
internal static class LoopRecords
{
    /// <summary>Produces events first..first+count-1, number i with the key <c>i mod keys</c>, so that a key's events are in the order of their numbers.</summary>
    public static async Task ProduceAsync(this Cluster cluster, int first, int count, int keys = 20)
    {
        await TopicAdmin.EnsureAsync(cluster.Kafka, [Topics.EventsCollected]);
        using var registry = cluster.Kafka.Registry();
        var codec = new AvroCodec(registry, cluster.Prefix);
        using var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build();
        for (var i = first; i < first + count; i++)
        {
            var value = codec.Encode(Topics.EventsCollected, new CollectedEvent
            {
                envelope = new Event { messageId = $"{i}", type = "track", sourceId = "test", anonymousId = $"key-{i % keys}", receivedAt = DateTime.UnixEpoch, timestamp = DateTime.UnixEpoch },
            });
            producer.Produce(cluster.Prefix + Topics.EventsCollected.Name, new Message<string, byte[]> { Key = $"key-{i % keys}", Value = value, Headers = Trace(i) });
        }
        producer.Flush(TimeSpan.FromSeconds(30));
    }

    public static Headers Trace(int i) => new() { { "traceparent", Encoding.ASCII.GetBytes($"00-{i + 1:x32}-{i + 1:x16}-00") } };

    /// <summary>Every committed record of the output, by partition in order of offset.</summary>
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
