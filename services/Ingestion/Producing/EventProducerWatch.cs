using Cdp.Contracts;
using Cdp.Hosting.Process;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Ingestion.Producing;

/// <summary>
/// Prepares topics and schemas at startup. Afterwards, whenever an error suggests that Kafka is unavailable, it probes Kafka until it answers. It does not rely
/// on requests to detect recovery, because a process that is not ready gets no requests.
/// </summary>
public sealed partial class EventProducerWatch(
    KafkaOptions kafka,
    EventProducer producer,
    AvroCodec codec,
    Readiness readiness,
    Failure failure,
    TimeProvider time,
    ILogger<EventProducerWatch> logger) : BackgroundService
{
    private static readonly IReadOnlyList<Topic> Written = [.. EventProducer.Written, Topics.ImportsCheckpoints];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LogLimiter _limiter = new(time);

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
            await UntilDoneAsync("kafka", $"Kafka at {kafka.BootstrapServers}", PrepareTopicsAsync, stoppingToken);
            await UntilDoneAsync("registry", $"the schema registry at {kafka.SchemaRegistry}", PrepareSchemasAsync, stoppingToken);
            producer.IsUp = true;
            await foreach (var doubt in producer.Doubts.ReadAllAsync(stoppingToken)) await ResolveAsync(doubt, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && stoppingToken.IsCancellationRequested)
        {
            // The service is stopping, or was disposed of without being stopped.
        }
        catch (Exception e)
        {
            failure.Report("ingestion's Kafka connection", e);
        }
    }

    // The Kafka client's calls block, so they run on the thread pool.
    private Task PrepareTopicsAsync(CancellationToken stopping) => Task.Run(
        async () =>
        {
            producer.Probe();
            foreach (var warning in await TopicAdmin.EnsureAsync(kafka, Written)) LogTopic(warning);
        },
        stopping);

    private Task PrepareSchemasAsync(CancellationToken stopping) => Task.Run(() => codec.Register(Written), stopping);

    private async Task ResolveAsync(Error doubt, CancellationToken stopping)
    {
        // Brokers close idle connections, and when the last one is closed the client reports an outage. Only a failed probe means a real one.
        var probe = (CancellationToken cancel) => Task.Run(producer.Probe, cancel);
        await UntilDoneAsync("kafka", $"Kafka at {kafka.BootstrapServers}", probe, stopping, () => producer.IsUp = false);
        producer.IsUp = true;
        if (doubt.Code != ErrorCode.Local_AllBrokersDown && MayLog()) LogNotAcknowledged(doubt.Reason);
    }

    private async Task UntilDoneAsync(string part, string target, Func<CancellationToken, Task> attempt, CancellationToken stopping, Action? failed = null)
    {
        while (true)
        {
            try
            {
                await attempt(stopping);
                readiness.Report(part, true);
                return;
            }
            catch (Exception e) when (Outages.IsOutage(e, stopping))
            {
                // Calls also fail when the client is being closed, which is not an outage.
                stopping.ThrowIfCancellationRequested();
                failed?.Invoke();
                readiness.Report(part, false, e.Message);
                if (MayLog()) LogUnavailable(target, e.Message);
            }
            await Task.Delay(Pause, time, stopping);
        }
    }

    private bool MayLog() => _limiter.IsDue("kafka");

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private partial void LogTopic(string warning);

    [LoggerMessage(LogLevel.Warning, "waiting for {Target}: {Reason}; requests get 503 until it is available")]
    private partial void LogUnavailable(string target, string reason);

    [LoggerMessage(LogLevel.Warning, "Kafka is available but did not acknowledge some events, so their requests got 503: {Reason}")]
    private partial void LogNotAcknowledged(string reason);
}
