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
        readiness.Report(part, false, "starting");
        var log = new StreamLog(loggers.CreateLogger("Cdp.Streaming"), options.Group, time);
        var patience = new Patience(log, readiness, part, stopping);
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        Await("Kafka", () => TopicAdmin.EnsureAsync(kafka, options.Inputs.Concat(options.Outputs).Distinct()).GetAwaiter().GetResult());
        Await("the schema registry", () => codec.Register(options.Outputs));
        using var sink = new TransactionalSink(kafka, options, codec, log);
        Await("Kafka's transactions", sink.Init);
        using var source = new BatchSource(kafka, options, log, processor.Revoked);
        new StreamLoop<TView>(kafka.TopicPrefix, options, processor, source, codec, sink, patience, time, readiness, log).Run(stopping);

        void Await(string what, Action call) => patience.Until(what, () => { call(); return true; }, patience.IsOutage, pause => pause.GetAwaiter().GetResult());
    }
}
