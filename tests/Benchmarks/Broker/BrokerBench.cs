using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Confluent.Kafka;

namespace Cdp.Benchmarks.Broker;

/// <summary>
/// The embedded broker in a separate process, measured through a client. The baseline is the same client producing to librdkafka's mock broker, which runs in
/// the client's memory and stores almost nothing: it shows what the client and the machine can do.
/// </summary>
internal static class BrokerBench
{
    public static async Task RunAsync(BrokerOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("cdp-bench-");
        try
        {
            Console.WriteLine($"{options.Records:N0} records of {options.Bytes} bytes, {options.Partitions} partitions, {Environment.ProcessorCount} cores\n");
            await RatesAsync(options, Path.Combine(folder.FullName, "rates"));
            await IdleConnectionsAsync(options, Path.Combine(folder.FullName, "idle"));
            await StartsAsync(options, folder.FullName);
            await PassThroughAsync(options, Path.Combine(folder.FullName, "memory"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RatesAsync(BrokerOptions options, string data)
    {
        using var broker = new BrokerProcess(data);
        broker.Start();
        var mock = MockProduce(options);
        var own = await MeasureAsync(new BrokerClient(broker.BootstrapServers, options), options);
        var other = options.Against is { } cluster ? await MeasureAsync(new BrokerClient(cluster, options), options) : null;
        string[] head = ["", "records/s", "ratio to the mock broker", .. other is null ? Array.Empty<string>() : [options.Against!, "ratio to it"]];
        Table.Print(head,
        [
            Row("mock broker: produce, in the client's memory", mock, null), Row(
                "produce, idempotent, acks=all", own.Produce, other?.Produce), Row("consume", own.Consume, other?.Consume),
            Row("transactional copy, 5,000 a batch", own.LargeCopy, other?.LargeCopy), Row("transactional copy, 500 a batch", own.SmallCopy, other?.SmallCopy),
        ]);
        Table.Print(
            ["at 500 a batch", "commit p50", "p90", "p99", "with its flush p50", "p90", "p99"],
            [Commits("embedded broker", own), .. other is null ? Array.Empty<string[]>() : [Commits(options.Against!, other)]]);
        Console.WriteLine($"broker: {broker.CpuSeconds:0.0} CPU s, peak {broker.PeakMiB} MiB\n");

        string[] Row(string what, double rate, double? against) =>
            [
                what, $"{rate:N0}", rate == mock ? "" : $"{rate / mock:P0}",
                .. other is null ? Array.Empty<string>() : [against is null ? "" : $"{against:N0}", against is null ? "" : $"{rate / against:P0}"],
            ];
    }

    private static async Task<Rates> MeasureAsync(BrokerClient client, BrokerOptions options)
    {
        var run = Guid.NewGuid().ToString("N")[..8];
        var (source, copy, warm) = (
            await client.CreateTopicAsync($"bench-{run}-source"), await client.CreateTopicAsync($"bench-{run}-copy"),
            await client.CreateTopicAsync($"bench-{run}-warm"));
        client.Produce(warm, options.Records / 10);
        var produce = client.Produce(source, options.Records);
        var consume = client.Consume(source, options.Records);
        var (large, _, _) = client.Copy(source, copy, options.Records / 10, 5_000);
        var (small, flushed, commits) = client.Copy(source, copy, options.Records / 20, 500);
        return new Rates(produce, consume, large, small, flushed, commits);
    }

    private static string[] Commits(string who, Rates rates)
    {
        return [$"{who}, {rates.Commits.Length:N0} transactions", .. Quantiles(rates.Commits), .. Quantiles(rates.Flushed)];

        static IEnumerable<string> Quantiles(TimeSpan[] times) =>
            ((double[])[0.5, 0.9, 0.99]).Select(quantile => $"{times[(int)(times.Length * quantile)].TotalMilliseconds:0.0} ms");
    }

    private static double MockProduce(BrokerOptions options)
    {
        var client = new BrokerClient("", options);
        var config = new ProducerConfig(client.Producer);
        config.Set("test.mock.num.brokers", "1");
        using var producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        client.Produce(producer, "mock", options.Records / 10);
        return client.Produce(producer, "mock", options.Records);
    }

    /// <summary>Producing with and without a hundred idle connections, alternating, and the cost of the idle connections themselves.</summary>
    private static async Task IdleConnectionsAsync(BrokerOptions options, string data)
    {
        using var broker = new BrokerProcess(data);
        broker.Start();
        var client = new BrokerClient(broker.BootstrapServers, options);
        var topic = await client.CreateTopicAsync("idle", ("retention.bytes", "20000000"), ("segment.bytes", "10000000"));
        client.Produce(topic, options.Records / 4);

        var (alone, beside) = (new List<double>(), new List<double>());
        var (cpu, memory) = (0.0, 0.0);
        for (var turn = 0; turn < 8; turn++)
        {
            var before = broker.MiB;
            var sockets = turn % 4 is 0 or 3 ? [] : Enumerable.Range(0, 100).Select(_ => IdleConnection(broker.Port)).ToList();
            var used = broker.CpuSeconds;
            await Task.Delay(TimeSpan.FromSeconds(5));
            if (sockets.Count > 0) (cpu, memory) = (cpu + broker.CpuSeconds - used, Math.Max(memory, broker.MiB - before));
            (sockets.Count > 0 ? beside : alone).Add(client.Produce(topic, options.Records / 4));
            sockets.ForEach(socket => socket.Dispose());
        }
        var (without, with) = (alone.Average(), beside.Average());
        Table.Print(
            ["100 idle connections", "records/s without", "with", "ratio", "CPU of 20 s idling", "memory"],
            [["produce", $"{without:N0}", $"{with:N0}", $"{with / without:0.00}", $"{cpu:0.00} s", $"{memory:0.0} MiB"]]);
    }

    /// <summary>A connection that requested the API versions, as each client does first, and is idle from then on.</summary>
    private static Socket IdleConnection(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("127.0.0.1", port);
        socket.Send([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]); // ApiVersions 0, correlation 1, no client id
        var length = new byte[4];
        ReceiveAll(socket, length);
        ReceiveAll(socket, new byte[BinaryPrimitives.ReadInt32BigEndian(length)]);
        return socket;
    }

    private static void ReceiveAll(Socket socket, byte[] into)
    {
        for (var got = 0; got < into.Length;)
        {
            var received = socket.Receive(into.AsSpan(got));
            got += received > 0 ? received : throw new InvalidOperationException("the broker closed an idle connection");
        }
    }

    private static async Task StartsAsync(BrokerOptions options, string folder)
    {
        var rows = new List<string[]>();
        using (var fresh = new BrokerProcess(Path.Combine(folder, "fresh"))) rows.Add(["an empty directory, first start in its process", Ms(fresh.Start())]);
        rows.Add(["an empty directory, p50 of 20 further starts in one process", Ms(await WarmStartAsync(folder))]);

        using var broker = new BrokerProcess(Path.Combine(folder, "start"));
        broker.Start();
        var client = new BrokerClient(broker.BootstrapServers, options);
        client.Produce(await client.CreateTopicAsync("log"), 1_000_000_000L / options.Bytes);
        broker.Kill();
        rows.Add(["1 GB of log, after SIGKILL", Ms(broker.Start())]);
        broker.Stop();
        rows.Add(["1 GB of log, after a clean stop", Ms(broker.Start())]);
        Table.Print(["start with", ""], rows);

        static string Ms(TimeSpan time) => $"{time.TotalMilliseconds:N0} ms";
    }

    private static async Task<TimeSpan> WarmStartAsync(string folder)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < 21; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = Path.Combine(folder, $"warm-{i}") });
            if (i > 0) times.Add(Stopwatch.GetElapsedTime(started));
        }
        return times.Order().ElementAt(times.Count / 2);
    }

    /// <summary>Passes gigabytes through a topic with little retention while sampling the broker's memory.</summary>
    private static async Task PassThroughAsync(BrokerOptions options, string data)
    {
        using var broker = new BrokerProcess(data);
        broker.Start();
        var client = new BrokerClient(broker.BootstrapServers, options);
        var topic = await client.CreateTopicAsync("through", ("retention.bytes", "200000000"), ("segment.bytes", "50000000"));
        var records = options.Gigabytes * 1_000_000_000L / options.Bytes;
        var (step, samples, consumed) = (Math.Max(1, records / 100), new List<double>(), 0L);
        using var producer = new ProducerBuilder<Null, byte[]>(client.Producer).Build();
        using var stop = new CancellationTokenSource();
        var consuming = Task.Run(() => client.ConsumeUntil(topic, count => Volatile.Write(ref consumed, count), stop.Token));
        var started = Stopwatch.GetTimestamp();
        for (var sent = 0L; sent < records;)
        {
            var next = Math.Min(step, records - sent);
            client.Produce(producer, topic, next);
            sent += next;
            // Retention must not delete records that have not been read yet.
            await ServiceProcess.WaitAsync("the consumer keeps up", () => Task.FromResult(Volatile.Read(ref consumed) >= sent - step), TimeSpan.FromMinutes(1));
            if (sent % (step * 10) == 0) samples.Add(broker.MiB);
        }
        await ServiceProcess.WaitAsync("the consumer has read all", () => Task.FromResult(Volatile.Read(ref consumed) >= records), TimeSpan.FromMinutes(1));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await consuming;
        Table.Print([$"{options.Gigabytes} GB produced and consumed", "records/s", "MiB after each tenth", "peak MiB"],
            [[$"{records:N0} records", $"{records / seconds:N0}", string.Join(' ', samples.Select(sample => $"{sample:0}")), $"{broker.PeakMiB}"]]);
    }

    /// <param name="Produce">Records per second.</param>
    /// <param name="Consume">Records per second.</param>
    /// <param name="LargeCopy">Records per second in transactions of 5,000.</param>
    /// <param name="SmallCopy">Records per second in transactions of 500.</param>
    /// <param name="Flushed">Durations of flush and commit together, ascending.</param>
    /// <param name="Commits">Durations of the commits alone, ascending.</param>
    private sealed record Rates(double Produce, double Consume, double LargeCopy, double SmallCopy, TimeSpan[] Flushed, TimeSpan[] Commits);
}
