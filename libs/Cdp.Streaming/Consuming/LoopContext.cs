using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;

namespace Cdp.Streaming.Consuming;

/// <summary>The objects that the parts of a loop share.</summary>
internal sealed record LoopContext(
    KafkaOptions Kafka,
    StreamOptions Options,
    AvroCodec Codec,
    OutageRetry OutageRetry,
    TimeProvider Time,
    Readiness Readiness,
    StreamLog Log,
    StreamMeters Meters)
{
    /// <summary>The name of the loop in the readiness.</summary>
    public string Part => Options.Part;

    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    /// <summary>The full name of a topic.</summary>
    public string NameOf(Topic topic) => Kafka.NameOf(topic);
}
