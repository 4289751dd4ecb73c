using System.Diagnostics;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.Benchmarks.Measuring;

/// <summary>The Kafka client alone, with the same bytes on the same broker in the same run: the baseline for everything else.</summary>
internal sealed class BareClient(KafkaOptions kafka, string run)
{
    private const int CopyBatch = 5_000;
    private readonly string _source = $"{kafka.TopicPrefix}bench.{run}.source";
    private readonly string _copy = $"{kafka.TopicPrefix}bench.{run}.copy";

    public async Task CreateTopicsAsync(int? partitions = null)
    {
        using var admin = new AdminClientBuilder(kafka.Admin()).Build();
        string[] names = [_source, _copy];
        await admin.CreateTopicsAsync(
            names.Select(name => new TopicSpecification { Name = name, NumPartitions = partitions ?? kafka.Partitions, ReplicationFactor = -1 }));
        foreach (var name in names) PartitionLeaders.Await(() => Known(admin, name));
    }

    private static TopicMetadata Known(IAdminClient admin, string name)
    {
        var found = admin.GetMetadata(name, TimeSpan.FromSeconds(10)).Topics[0];
        return found.Error.IsError ? throw new KafkaException(found.Error) : found;
    }

    /// <summary>Produces keyed records idempotently with acks=all until all are acknowledged.</summary>
    /// <returns>Records per second.</returns>
    public double Produce(IReadOnlyList<byte[]> values)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(kafka.Producer()).Build();
        var (acked, failed) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < values.Count; i++)
        {
            var message = new Message<byte[], byte[]> { Key = BitConverter.GetBytes(i % 20_000), Value = values[i] };
            while (true)
            {
                try
                {
                    producer.Produce(_source, message, report => Interlocked.Increment(ref report.Error.IsError ? ref failed : ref acked));
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }
            }
        }
        producer.Flush(TimeSpan.FromMinutes(1));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (acked != values.Count)
        {
            throw new InvalidOperationException($"the bare producer: {failed} records failed, {values.Count - acked - failed} unanswered");
        }
        return values.Count / seconds;
    }

    /// <summary>Copies the produced records to another topic in transactions of 5,000 records that include the offsets.</summary>
    /// <returns>Records per second.</returns>
    public double Copy(int records) => Copy(_source, records);

    /// <summary>Like the copy above, for any topic with the same number of partitions, from its beginning. Copies keys, values and headers unchanged.</summary>
    public double Copy(string source, int records)
    {
        var group = $"bench-{run}-{Guid.NewGuid():N}";
        using var consumer = new ConsumerBuilder<byte[], byte[]>(kafka.Consumer(group)).Build();
        var config = kafka.Producer();
        (config.TransactionalId, config.LingerMs) = (group, 0);
        using var producer = new ProducerBuilder<byte[], byte[]>(config).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        consumer.Subscribe(source);

        var (done, started) = (0, 0L);
        while (done < records)
        {
            var (offsets, count) = (new Dictionary<TopicPartition, Offset>(), 0);
            while (count < CopyBatch && done + count < records)
            {
                if (consumer.Consume(TimeSpan.FromSeconds(10)) is not { } result)
                {
                    throw new TimeoutException($"the bare copy received {done + count} of {records} records");
                }
                if (result.IsPartitionEOF) continue;
                if (started == 0) started = Stopwatch.GetTimestamp();
                if (count++ == 0) producer.BeginTransaction();
                producer.Produce(new TopicPartition(_copy, result.Partition), result.Message);
                offsets[result.TopicPartition] = result.Offset + 1;
            }
            var next = offsets.Select(offset => new TopicPartitionOffset(offset.Key, offset.Value));
            producer.SendOffsetsToTransaction(next, consumer.ConsumerGroupMetadata, TimeSpan.FromSeconds(30));
            producer.CommitTransaction(TimeSpan.FromSeconds(30));
            done += count;
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        consumer.Close();
        return records / seconds;
    }
}
