using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Streaming;

/// <summary>Starts a loop: waits for Kafka and the registry, creates missing topics, registers the schemas it writes, fences its predecessor.</summary>
public static class StreamRunner
{
    /// <summary>Runs on the caller's thread until stopped.</summary>
    /// <exception cref="KafkaException">Fenced by a successor, or another error that only a restart mends.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what was not committed is read again after the next start.</exception>
    public static void Run<TView>(
        KafkaOptions kafka, StreamOptions options, Processor<TView> processor, TimeProvider time, Readiness readiness, ILoggerFactory loggers, CancellationToken stopping)
    {
        var part = $"loop {options.Group}";
        // Told before the first attempt, which takes its time to fail.
        readiness.Report(part, false, "waiting for Kafka");
        var log = new StreamLog(loggers.CreateLogger("Cdp.Streaming"), options.Group, time);
        var patience = new Patience(log, readiness, part, stopping);
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        patience.Until("Kafka", () => TopicAdmin.EnsureAsync(kafka, options.Inputs.Concat(options.Outputs).Distinct()).GetAwaiter().GetResult(), patience.IsOutage);
        patience.Until("the schema registry", () => codec.Register(options.Outputs), patience.IsOutage);
        using var sink = new TransactionalSink(kafka, options, codec, patience, log);
        patience.Until("Kafka's transactions", sink.Init, patience.IsOutage);
        using var source = new BatchSource(kafka, options, log, processor.Revoked);
        new StreamLoop<TView>(kafka.TopicPrefix, options, processor, source, codec, sink, patience, time, readiness, log).Run(stopping);
    }
}
