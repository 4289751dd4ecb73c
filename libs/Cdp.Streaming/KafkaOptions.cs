namespace Cdp.Streaming;

/// <summary>Where the log and its schemas are. One section, <c>Kafka</c>, the same in every service.</summary>
public sealed record KafkaOptions
{
    /// <summary>host:port, comma separated.</summary>
    public string BootstrapServers { get; init; } = "127.0.0.1:9092";

    /// <summary>The Confluent-compatible registry.</summary>
    public string SchemaRegistry { get; init; } = "http://127.0.0.1:8081";

    /// <summary>What every topic name, consumer group and transactional id begins with.</summary>
    public string TopicPrefix { get; init; } = "cdp.";

    /// <summary>Partitions of every keyed topic. Must be the same for all services, and never changes once there are records.</summary>
    public int Partitions { get; init; } = 12;

    /// <summary>Replicas of topics that we create; -1 leaves it to the cluster.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>
    /// Names this instance of a service: part of its transactional id, so that after a restart under the same name the predecessor's open
    /// transaction is aborted at once instead of at its timeout. Two instances must not share it.
    /// </summary>
    public string InstanceId { get; init; } = Environment.MachineName;

    /// <summary>Further librdkafka settings, such as security.protocol, passed to every client as they are.</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(BootstrapServers)) yield return "Kafka:BootstrapServers is empty; set it to host:port of a broker";
        if (!Uri.TryCreate(SchemaRegistry, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) yield return $"Kafka:SchemaRegistry is '{SchemaRegistry}'; set it to an http or https URL";
        if (Partitions < 1) yield return $"Kafka:Partitions is {Partitions}; set it to 1 or more";
        if (string.IsNullOrWhiteSpace(InstanceId)) yield return "Kafka:InstanceId is empty; set it to a name that no other instance of the service has";
    }
}
