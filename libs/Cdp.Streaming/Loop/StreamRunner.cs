using Cdp.Contracts;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Streaming.Loop;

/// <summary>Starts a loop: waits for Kafka and the registry, creates missing topics, registers the schemas of the outputs, fences the predecessor.</summary>
public static class StreamRunner
{
    /// <summary>Runs a loop on the thread of the caller until it is stopped.</summary>
    /// <exception cref="KafkaException">The loop was fenced by a successor, or failed with another error that only a restart repairs.</exception>
    /// <exception cref="OperationCanceledException">The loop was stopped; records that are not committed are read again after the next start.</exception>
    public static void Run<TView>(
        KafkaOptions kafka,
        StreamOptions options,
        Processor<TView> processor,
        TimeProvider time,
        Readiness readiness,
        ILoggerFactory loggers,
        CancellationToken stopping)
    {
        var part = options.Part;
        // Reported before the first attempt, which may take long to fail.
        readiness.Report(part, false, "waiting for Kafka");
        var log = new StreamLog(loggers.CreateLogger("Cdp.Streaming"), options.Group, time);
        var outageRetry = new OutageRetry(log, readiness, part, stopping);
        using var registry = kafka.Registry();
        // Register the schema of dead letters now, so that writing one never waits for the registry.
        Topic[] outputs = [.. options.Outputs.Append(Topics.Dead).Distinct()];
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        outageRetry.Run("Kafka", () => log.Topics(EnsureTopics()), outageRetry.IsOutage);
        outageRetry.Run("the schema registry", () => codec.Register(outputs), outageRetry.IsOutage);
        using var sink = new TransactionalSink(kafka, options.Group, codec, outageRetry, log);
        outageRetry.Run("Kafka's transactions", sink.Init, outageRetry.IsOutage);
        using var meters = new StreamMeters(options.Group, time);
        var context = new LoopContext(kafka, options, codec, outageRetry, time, readiness, log, meters);
        using var source = new BatchSource(context, processor.Revoked, processor.Skips);
        outageRetry.Wait = pause => source.Await(pause);
        using var lag = new LagProbe(context, () => source.Owned);
        new StreamLoop<TView>(context, processor, source, sink).Run(stopping);

        IReadOnlyList<string> EnsureTopics() => TopicAdmin.EnsureAsync(kafka, options.Inputs.Concat(outputs).Distinct()).GetAwaiter().GetResult();
    }
}
