using System.Diagnostics;
using Cdp.Benchmarks.Processes;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Confluent.Kafka;

namespace Cdp.Benchmarks.Measuring;

/// <summary>What processing one record cost on average.</summary>
/// <param name="PerSecond">Records committed per second.</param>
/// <param name="Cpu">CPU seconds of the service per record.</param>
/// <param name="InfraCpu">CPU seconds of broker and Redis per record.</param>
/// <param name="Allocated">Bytes allocated by the service per record.</param>
internal sealed record Drained(double PerSecond, double Cpu, double InfraCpu, double Allocated);

/// <summary>
/// Starts a service on a filled topic and measures how fast it processes it. The first fifth is ignored, because code is still being compiled.
/// </summary>
internal sealed class Drain(Installation installation, ServiceProcess service, string group, params Topic[] inputs)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    /// <param name="records">The number of records that the group has not committed yet.</param>
    public async Task<Drained> MeasureAsync(int records)
    {
        var kafka = installation.Kafka;
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(kafka.Consumer(group)).Build();
        TopicPartition[] partitions = [.. inputs.SelectMany(Partitions)];
        var before = Committed();
        await service.StartAsync();
        await ServiceProcess.WaitAsync($"{group} is warmed up", () => Task.FromResult(Committed() - before >= records / 5), Bound);
        var (first, allocated, cpu, infra, started) = (
            Committed(), await AllocatedAsync(), service.CpuSeconds, installation.Infra.CpuSeconds, Stopwatch.GetTimestamp());
        await ServiceProcess.WaitAsync($"{group} processed {records} records", () => Task.FromResult(Committed() - before >= records), Bound);
        var took = Stopwatch.GetElapsedTime(started);
        var count = before + records - first;
        var (cpuUsed, infraUsed) = (service.CpuSeconds - cpu, installation.Infra.CpuSeconds - infra);
        // The metrics endpoint may answer with slightly old values.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        return new Drained(count / took.TotalSeconds, cpuUsed / count, infraUsed / count, (double)(await AllocatedAsync() - allocated) / count);

        long Committed() => consumer.Committed(partitions, TimeSpan.FromSeconds(10)).Sum(at => Math.Max(0, at.Offset.Value));
    }

    private IEnumerable<TopicPartition> Partitions(Topic topic)
    {
        var count = topic.SinglePartition ? 1 : installation.Kafka.Partitions;
        return Enumerable.Range(0, count).Select(partition => new TopicPartition(installation.Kafka.TopicPrefix + topic.Name, partition));
    }

    private Task<long> AllocatedAsync() => service.CounterAsync("dotnet_gc_heap_total_allocated", "");
}
