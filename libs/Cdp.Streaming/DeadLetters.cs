using System.Text;
using cdp;
using Cdp.Contracts;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming;

/// <summary>What becomes of a record that cannot be processed at all: its bytes, its error and where it stands, on the topic <c>dead</c>.</summary>
internal static class DeadLetters
{
    public static void Add(Outbox outbox, Raw record, string service, Exception error, DateTime now)
    {
        var headers = new Dictionary<string, byte[]>();
        foreach (var header in record.Message.Headers ?? []) headers[header.Key] = header.GetValueBytes() ?? [];
        outbox.Add(Topics.Dead, record.Message.Key is { } key ? Encoding.UTF8.GetString(key) : null, new DeadRecord
        {
            origin = Position(record),
            key = record.Message.Key,
            value = record.Message.Value,
            headers = headers,
            service = service,
            error = $"{error.GetType().Name}: {error.Message}",
            diedAt = now,
        });
    }

    public static RecordPosition Position(Raw record) => new() { topic = record.Topic, partition = record.Partition.Value, offset = record.Offset.Value };
}
