using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.Benchmarks.Broker;

/// <summary>Measures a broker through the client. Records have one size and random contents, so that compression cannot help.</summary>
internal sealed class BrokerClient(string bootstrapServers, BrokerOptions options)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly byte[] _value = RandomBytes(options.Bytes);

    public async Task<string> CreateTopicAsync(string name, params (string Name, string Value)[] configs)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        var all = configs.ToDictionary(config => config.Name, config => config.Value);
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = options.Partitions, ReplicationFactor = -1, Configs = all }]);
        return name;
    }

    public ProducerConfig Producer =>
        new() { BootstrapServers = bootstrapServers, EnableIdempotence = true, Acks = Acks.All, LingerMs = 5, QueueBufferingMaxMessages = 500_000 };

    /// <summary>Produces records until all are acknowledged.</summary>
    /// <returns>Records per second.</returns>
    public double Produce(string topic, long records, ProducerConfig? config = null)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(config ?? Producer).Build();
        return Produce(producer, topic, records);
    }

    public double Produce(IProducer<Null, byte[]> producer, string topic, long records)
    {
        var (acked, failed) = (0L, 0L);
        Action<DeliveryReport<Null, byte[]>> delivered = report => Interlocked.Increment(ref report.Error.IsError ? ref failed : ref acked);
        var message = new Message<Null, byte[]> { Value = _value };
        var started = Stopwatch.GetTimestamp();
        for (var i = 0L; i < records; i++)
        {
            while (true)
            {
                try
                {
                    producer.Produce(topic, message, delivered);
                    break;
                }
                catch (ProduceException<Null, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }
            }
        }
        while (producer.Flush(TimeSpan.FromSeconds(1)) > 0 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(10)) continue;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return acked == records
            ? records / seconds
            : throw new InvalidOperationException($"produce: {acked:N0} of {records:N0} acknowledged, {failed:N0} failed");
    }

    /// <summary>Reads a whole topic with one consumer and checks the size of each record.</summary>
    /// <returns>Records per second.</returns>
    public double Consume(string topic, long records)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(Consumer("bench-read")).Build();
        consumer.Assign(Enumerable.Range(0, options.Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var started = 0L;
        for (var read = 0L; read < records; read++)
        {
            var result = consumer.Consume(Limit) ?? throw new TimeoutException($"consume: {read:N0} of {records:N0} records within {Limit.TotalSeconds} s");
            if (started == 0) started = Stopwatch.GetTimestamp();
            if (result.Message.Value.Length != _value.Length)
            {
                throw new InvalidOperationException($"consume: a record of {result.Message.Value.Length} bytes at {result.TopicPartitionOffset}");
            }
        }
        return records / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Consumes while a producer writes.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="read">Called with the number of records read so far.</param>
    /// <param name="stop">Ends the consumption.</param>
    public void ConsumeUntil(string topic, Action<long> read, CancellationToken stop)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(Consumer("bench-along")).Build();
        consumer.Assign(Enumerable.Range(0, options.Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        for (var count = 0L; !stop.IsCancellationRequested;)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not null) read(++count);
        }
    }

    /// <summary>
    /// Consumes, produces, sends the offsets and commits. Returns records per second, and the durations of flush and commit together and of the commits alone.
    /// They are separate because librdkafka checks only every 10 ms whether everything is flushed.
    /// </summary>
    public (double Rate, TimeSpan[] Flushed, TimeSpan[] Commits) Copy(string from, string to, int records, int batch)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(Consumer($"bench-copy-{batch}")).Build();
        using var producer = new ProducerBuilder<Null, byte[]>(
            new ProducerConfig(Producer) { TransactionalId = $"bench-copy-{batch}", LingerMs = 0, EnableDeliveryReports = false }).Build();
        producer.InitTransactions(Limit);
        consumer.Subscribe(from);
        var (flushed, commits, started, done) = (new List<TimeSpan>(), new List<TimeSpan>(), 0L, 0);
        while (done < records)
        {
            var offsets = new Dictionary<TopicPartition, Offset>();
            for (var i = 0; i < batch; i++)
            {
                var result = consumer.Consume(Limit) ?? throw new TimeoutException(
                    $"copy: {done + i:N0} of {records:N0} records within {Limit.TotalSeconds} s");
                if (started == 0) started = Stopwatch.GetTimestamp();
                if (i == 0) producer.BeginTransaction();
                producer.Produce(new TopicPartition(to, result.Partition), new Message<Null, byte[]> { Value = result.Message.Value });
                offsets[result.TopicPartition] = result.Offset + 1;
            }
            producer.SendOffsetsToTransaction(
                offsets.Select(offset => new TopicPartitionOffset(offset.Key, offset.Value)), consumer.ConsumerGroupMetadata, Limit);
            var flushing = Stopwatch.GetTimestamp();
            producer.Flush(Limit);
            var committing = Stopwatch.GetTimestamp();
            producer.CommitTransaction(Limit);
            commits.Add(Stopwatch.GetElapsedTime(committing));
            flushed.Add(Stopwatch.GetElapsedTime(flushing));
            done += batch;
        }
        var rate = done / Stopwatch.GetElapsedTime(started).TotalSeconds;
        consumer.Close();
        return (rate, [.. flushed.Order()], [.. commits.Order()]);
    }

    private ConsumerConfig Consumer(string group) => new()
    {
        BootstrapServers = bootstrapServers,
        GroupId = group,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnableAutoCommit = false,
        IsolationLevel = IsolationLevel.ReadCommitted,
        FetchQueueBackoffMs = 10, // Otherwise the measurement would include the client's pause of a second when its queue is full.
    };

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
