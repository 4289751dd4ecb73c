using System.Diagnostics;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Benchmarks;

/// <summary>What a loop did with a record, on average.</summary>
/// <param name="PerSecond">Records committed a second.</param>
/// <param name="Cpu">Seconds of the service.</param>
/// <param name="InfraCpu">Seconds of broker and Redis.</param>
/// <param name="Allocated">Bytes.</param>
internal sealed record Drained(double PerSecond, double Cpu, double InfraCpu, double Allocated);

/// <summary>Starts a service on a filled topic and measures how fast it works it off. The first fifth, in which the code is compiled, does not count.</summary>
internal sealed class Drain(Installation installation, ServiceProcess service, string group, params Topic[] inputs)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    /// <param name="records">How many there are, beyond what the group has committed.</param>
    public async Task<Drained> MeasureAsync(int records)
    {
        var kafka = installation.Kafka;
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(kafka.Consumer(group)).Build();
        TopicPartition[] partitions = [.. inputs.SelectMany(topic => Enumerable.Range(0, topic.SinglePartition ? 1 : kafka.Partitions).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition)))];
        var before = Committed();
        await service.StartAsync();
        await ServiceProcess.WaitAsync($"{group} warmed up", () => Task.FromResult(Committed() - before >= records / 5), Bound);
        var (first, allocated, cpu, infra, started) = (Committed(), await AllocatedAsync(), service.CpuSeconds, installation.Infra.CpuSeconds, Stopwatch.GetTimestamp());
        await ServiceProcess.WaitAsync($"{group} worked off {records} records", () => Task.FromResult(Committed() - before >= records), Bound);
        var took = Stopwatch.GetElapsedTime(started);
        var count = before + records - first;
        var (cpuUsed, infraUsed) = (service.CpuSeconds - cpu, installation.Infra.CpuSeconds - infra);
        // The endpoint's answer may be a moment old.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        return new Drained(count / took.TotalSeconds, cpuUsed / count, infraUsed / count, (double)(await AllocatedAsync() - allocated) / count);

        long Committed() => consumer.Committed(partitions, TimeSpan.FromSeconds(10)).Sum(at => Math.Max(0, at.Offset.Value));
    }

    private Task<long> AllocatedAsync() => service.CounterAsync("dotnet_gc_heap_total_allocated", "");
}
