using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Failures;

/// <summary>
/// The records of a polled batch that failed twice when tried alone, with their errors. They are not decided again; their dead letters commit together with
/// the outputs of the other records.
/// </summary>
internal sealed class GivenUpRecords
{
    // Null until the first failure: most batches have none.
    private Dictionary<TopicPartitionOffset, Exception>? _errors;

    public int Count => _errors?.Count ?? 0;

    public void Add(Raw record, Exception error) => (_errors ??= [])[record.TopicPartitionOffset] = error;

    public bool Contains(Raw record) => _errors is not null && _errors.ContainsKey(record.TopicPartitionOffset);

    /// <summary>Those of the passed records that were given up, in order.</summary>
    public IReadOnlyList<(Raw Record, Exception Error)> Among(IReadOnlyList<Raw> records) =>
        _errors is null ? [] : [.. records.Where(Contains).Select(record => (record, _errors[record.TopicPartitionOffset]))];
}
