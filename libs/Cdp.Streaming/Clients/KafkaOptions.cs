using Cdp.Streaming.Schemas;

namespace Cdp.Streaming.Clients;

/// <summary>How to reach Kafka and the schema registry. Section <c>Kafka</c>, the same in every service.</summary>
public sealed record KafkaOptions
{
    /// <summary>host:port of one or more brokers, separated by commas.</summary>
    public string BootstrapServers { get; init; } = "127.0.0.1:9092";

    /// <summary>The URL of a Confluent-compatible schema registry, without credentials.</summary>
    public string SchemaRegistry { get; init; } = "http://127.0.0.1:8081";

    /// <summary>How to authenticate to the registry, and which certificate authorities to trust.</summary>
    public RegistryAccess RegistryAccess { get; init; } = new();

    /// <summary>The prefix of every topic name, consumer group and transactional id.</summary>
    public string TopicPrefix { get; init; } = "cdp.";

    /// <summary>The number of partitions of every keyed topic. It must be the same for all services, and cannot change once there are records.</summary>
    public int Partitions { get; init; } = 12;

    /// <summary>The replication factor of topics that a service creates; -1 uses the default of the cluster.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>
    /// The name of this instance of a service. It is part of the transactional id: after a restart under the same name the open transaction of the predecessor
    /// is aborted at once, instead of at its timeout. Two instances of a service must not share a name.
    /// </summary>
    public string InstanceId { get; init; } = Environment.MachineName;

    /// <summary>
    /// Further librdkafka settings for every client, such as security.protocol. They override the defaults of <see cref="KafkaClients"/>. Settings that a
    /// guarantee depends on, such as acks, cannot be set.
    /// </summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();

    /// <summary>Every error, with its key and remedy; empty if the options are valid.</summary>
    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(BootstrapServers)) yield return "Kafka:BootstrapServers is empty; set it to host:port of a broker";
        foreach (var error in RegistryErrors()) yield return error;
        if (Partitions < 1) yield return $"Kafka:Partitions is {Partitions}; set it to 1 or more";
        if (string.IsNullOrWhiteSpace(InstanceId)) yield return "Kafka:InstanceId is empty; set it to a name that no other instance of the service has";
        foreach (var error in ClientSettings.Errors(this)) yield return error;
    }

    private IEnumerable<string> RegistryErrors()
    {
        if (!Uri.TryCreate(SchemaRegistry, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return [$"Kafka:SchemaRegistry is '{SchemaRegistry}'; set it to an http or https URL"];
        // The URL is logged, so it must not contain credentials.
        return uri.UserInfo.Length > 0
            ? ["Kafka:SchemaRegistry contains credentials; move them to Kafka:RegistryAccess:User and Password"]
            : RegistryAccess.Errors(uri);
    }
}
