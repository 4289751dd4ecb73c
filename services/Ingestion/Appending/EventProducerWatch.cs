using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.SchemaRegistry;

namespace Cdp.Ingestion.Appending;

/// <summary>
/// Prepares topics and schemas at the start, then waits for reasons to doubt that Kafka can be reached, and finds out. Recovery needs no request:
/// a process that is not ready gets none.
/// </summary>
public sealed partial class EventProducerWatch(IngestionOptions options, EventProducer producer, AvroCodec codec, Readiness readiness, Failure failure, TimeProvider time, ILogger<EventProducerWatch> logger) : BackgroundService
{
    private static readonly IReadOnlyList<Topic> Written = [.. EventProducer.Written, Topics.ImportsCheckpoints];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private DateTimeOffset _logged = DateTimeOffset.MinValue;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        readiness.Report("kafka", false, "not yet reached");
        readiness.Report("registry", false, "not yet reached");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await UntilDoneAsync("kafka", $"Kafka at {options.Kafka.BootstrapServers}", PrepareTopicsAsync, stoppingToken);
            await UntilDoneAsync("registry", $"the schema registry at {options.Kafka.SchemaRegistry}", PrepareSchemasAsync, stoppingToken);
            producer.IsUp = true;
            await foreach (var doubt in producer.Doubts.ReadAllAsync(stoppingToken)) await ResolveAsync(doubt, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped as asked.
        }
        catch (Exception e)
        {
            failure.Report("the start of ingestion", e);
        }
    }

    // The client's calls block, so each goes to the pool.
    private Task PrepareTopicsAsync(CancellationToken stopping) => Task.Run(
        async () =>
        {
            producer.Probe();
            await TopicAdmin.EnsureAsync(options.Kafka, Written);
        },
        stopping);

    private Task PrepareSchemasAsync(CancellationToken stopping) => Task.Run(() => codec.Register(Written), stopping);

    private async Task ResolveAsync(Error doubt, CancellationToken stopping)
    {
        // Brokers close idle connections, and the last one closed looks like an outage: only a question that stays without an answer is one.
        await UntilDoneAsync("kafka", $"Kafka at {options.Kafka.BootstrapServers}", cancel => Task.Run(producer.Probe, cancel), stopping, () => producer.IsUp = false);
        producer.IsUp = true;
        if (doubt.Code != ErrorCode.Local_AllBrokersDown && MayLog()) LogNotAcknowledged(doubt.Reason);
    }

    private async Task UntilDoneAsync(string part, string what, Func<CancellationToken, Task> attempt, CancellationToken stopping, Action? away = null)
    {
        while (true)
        {
            try
            {
                await attempt(stopping);
                readiness.Report(part, true);
                return;
            }
            catch (Exception e) when (IsOutage(e))
            {
                // What fails because the client is being closed is no outage.
                stopping.ThrowIfCancellationRequested();
                away?.Invoke();
                readiness.Report(part, false, e.Message);
                if (MayLog()) LogAway(what, e.Message);
            }
            await Task.Delay(Pause, time, stopping);
        }
    }

    private bool MayLog()
    {
        var now = time.GetUtcNow();
        if (now - _logged < LogEvery) return false;
        _logged = now;
        return true;
    }

    private static bool IsOutage(Exception exception) => exception is KafkaException or HttpRequestException or OperationCanceledException or SchemaRegistryException { Status: >= System.Net.HttpStatusCode.InternalServerError };

    [LoggerMessage(LogLevel.Warning, "waiting for {What}: {Reason}; requests get 503 meanwhile")]
    private partial void LogAway(string what, string reason);

    [LoggerMessage(LogLevel.Warning, "Kafka answers but did not acknowledge events, which got 503: {Reason}")]
    private partial void LogNotAcknowledged(string reason);
}
