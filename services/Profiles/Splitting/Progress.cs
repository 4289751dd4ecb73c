using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Profiles.Splitting;

/// <summary>How far all members of the group are, together.</summary>
/// <param name="kafka">Where.</param>
/// <param name="group">The group, without the prefix.</param>
/// <param name="topics">Its inputs.</param>
internal sealed class Progress(KafkaOptions kafka, string group, IReadOnlyList<Topic> topics) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Reads committed, to see whether records follow; the marks count what is open as well.
    private readonly IConsumer<Ignore, Ignore> _reader = Client(kafka, group, IsolationLevel.ReadCommitted);
    private readonly IConsumer<Ignore, Ignore> _marks = Client(kafka, group, IsolationLevel.ReadUncommitted);

    /// <summary>
    /// Waits until nothing that was under way at the call can be under way any more: everything in the inputs has been decided, so has what that was passed
    /// on as, and so on as often as something may be passed on; or until once nothing is under way at all.
    /// </summary>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public async Task SettleAsync(int passes, CancellationToken stopping)
    {
        for (var pass = 0; pass <= passes; pass++)
        {
            var ends = Ends();
            while (!ends.All(end => HasPassed(end.Key, end.Value, stopping))) await Task.Delay(Pause, stopping);
            var then = Ends();
            if (ends.All(end => then[end.Key] == end.Value)) return;
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _marks.Dispose();
    }

    private Dictionary<TopicPartition, long> Ends() => topics
        .SelectMany(topic => Enumerable.Range(0, kafka.Partitions).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition)))
        .ToDictionary(partition => partition, partition => _marks.QueryWatermarkOffsets(partition, Patience).High.Value);

    // The group's offset stands behind its last record, and the markers of transactions that follow are no records.
    private bool HasPassed(TopicPartition partition, long end, CancellationToken stopping)
    {
        var committed = _reader.Committed([partition], Patience)[0].Offset;
        var next = committed == Offset.Unset ? _reader.QueryWatermarkOffsets(partition, Patience).Low.Value : committed.Value;
        if (next >= end) return true;
        _reader.Assign(new TopicPartitionOffset(partition, next));
        var result = _reader.Consume(stopping);
        return result.Offset.Value >= end;
    }

    private static IConsumer<Ignore, Ignore> Client(KafkaOptions kafka, string group, IsolationLevel isolation)
    {
        var config = kafka.Consumer(group);
        config.IsolationLevel = isolation;
        return new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
    }
}
