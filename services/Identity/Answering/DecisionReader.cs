using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.SchemaRegistry;

namespace Cdp.Identity.Answering;

/// <summary>Reads single decisions out of identity.decisions, which is kept for ever.</summary>
public sealed class DecisionReader(KafkaOptions kafka, ISchemaRegistryClient registry) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Up to here it is quicker to read on than to ask anew.
    private const int Gap = 200;

    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);
    private readonly TopicPartition _log = new(kafka.TopicPrefix + Topics.IdentityDecisions.Name, 0);
    private readonly SemaphoreSlim _turn = new(1);
    private IConsumer<Ignore, byte[]>? _consumer;

    /// <summary>The decisions at these offsets, in their order.</summary>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    /// <exception cref="TimeoutException">Kafka did not answer in time.</exception>
    /// <exception cref="ForeignStateException">There is no decision at an offset: Redis is another log's.</exception>
    public async Task<IReadOnlyList<IdentityDecision>> ReadAsync(IEnumerable<long> offsets, CancellationToken stopping)
    {
        long[] sorted = [.. offsets.Distinct().Order()];
        if (sorted.Length == 0) return [];
        await _turn.WaitAsync(stopping);
        try
        {
            return await Task.Run(() => Read(sorted, stopping), stopping);
        }
        catch
        {
            // Whatever it was in the middle of, the next reader begins with a fresh one.
            Close();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        Close();
        _turn.Dispose();
    }

    private List<IdentityDecision> Read(long[] offsets, CancellationToken stopping)
    {
        var consumer = _consumer ??= new ConsumerBuilder<Ignore, byte[]>(Config()).SetLogHandler((_, _) => { }).Build();
        var decisions = new List<IdentityDecision>(offsets.Length);
        var position = -1L;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        bound.CancelAfter(Patience);
        foreach (var offset in offsets)
        {
            if (position < 0 || offset - position > Gap) consumer.Assign(new TopicPartitionOffset(_log, position = offset));
            while (position <= offset)
            {
                var result = Consume(consumer, bound.Token, stopping);
                // Redis knows of a decision as soon as its commit is answered. The marker that lets readers see it may still be on its way.
                if (result.IsPartitionEOF) continue;
                position = result.Offset.Value + 1;
                if (result.Offset.Value == offset) decisions.Add((IdentityDecision)_codec.Decode(result.Message.Value));
                else if (result.Offset.Value > offset) throw new ForeignStateException($"Redis names a decision at offset {offset} of {_log}, where there is none: the topic was made anew, or the Redis is another installation's");
            }
        }
        return decisions;
    }

    private static ConsumeResult<Ignore, byte[]> Consume(IConsumer<Ignore, byte[]> consumer, CancellationToken bound, CancellationToken stopping)
    {
        try
        {
            return consumer.Consume(bound);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new TimeoutException("Kafka did not answer in time");
        }
    }

    private ConsumerConfig Config()
    {
        var config = kafka.Consumer("decision-reader");
        // An offset that is not there is a fault to be told, not a place to be moved from.
        config.AutoOffsetReset = AutoOffsetReset.Error;
        return config;
    }

    private void Close()
    {
        _consumer?.Dispose();
        _consumer = null;
    }
}
