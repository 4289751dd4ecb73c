using Confluent.Kafka;

namespace Cdp.Streaming.Clients;

/// <summary>
/// The librdkafka settings of an operator, <c>Kafka:Client</c>. They override every default of <see cref="KafkaClients"/>. Settings that a guarantee depends
/// on cannot be set: they are reported as configuration errors.
/// </summary>
internal static class ClientSettings
{
    private const string Section = "Kafka:Client";

    // Some librdkafka properties have two names. If both ended up in a configuration, their order would decide which one counts.
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["metadata.broker.list"] = "bootstrap.servers",
        ["request.required.acks"] = "acks",
        ["queue.buffering.max.ms"] = "linger.ms",
        ["delivery.timeout.ms"] = "message.timeout.ms",
        ["compression.codec"] = "compression.type",
        ["fetch.message.max.bytes"] = "max.partition.fetch.bytes",
    };

    // By name. Each reason completes "cannot be set: …".
    private static readonly Dictionary<string, string> Fixed = new()
    {
        ["bootstrap.servers"] = "set Kafka:BootstrapServers instead",
        ["group.id"] = "set Kafka:TopicPrefix instead, which every group begins with",
        ["transactional.id"] = "set Kafka:InstanceId instead, which is part of it",
        ["acks"] = "acknowledged events must survive the loss of a broker (acks=all)",
        ["enable.idempotence"] = "without it a retry writes a record twice",
        ["partitioner"] = "the partition of a key must be the same for all services",
        ["partition.assignment.strategy"] = "each service needs the strategy that its inputs depend on",
        ["group.protocol"] = "the loop depends on the classic group protocol",
        ["isolation.level"] = "records of aborted transactions must never be read",
        ["enable.auto.commit"] = "offsets are committed with the outputs, in one transaction",
        ["enable.auto.offset.store"] = "offsets are committed with the outputs, in one transaction",
        ["auto.offset.reset"] = "a new group must start at the first record",
        ["enable.partition.eof"] = "rebuilding state from the log depends on it",
        ["message.max.bytes"] = "the size limits of records depend on it",
        ["dotnet.producer.enable.delivery.reports"] = "a record counts as written only when its report says so",
        ["dotnet.producer.delivery.report.fields"] = "a record counts as written only when its report says so",
    };

    /// <summary>Overrides the defaults with the operator's settings.</summary>
    public static void Apply(this KafkaOptions kafka, ClientConfig config)
    {
        foreach (var (name, value) in kafka.Client) config.Set(Canonical(name), value);
    }

    /// <summary>Every setting that must not be set, with the reason. If there are none, the settings that the client itself rejects.</summary>
    public static IEnumerable<string> Errors(KafkaOptions kafka)
    {
        List<string> errors = [.. kafka.Client.Keys
            .Where(name => Fixed.ContainsKey(Canonical(name)))
            .Select(name => $"{Section}:{name} cannot be set: {Fixed[Canonical(name)]}")];
        return errors.Count > 0 || kafka.Client.Count == 0 ? errors : [.. Unaccepted(kafka).Distinct()];
    }

    private static string Canonical(string name) => Aliases.GetValueOrDefault(name, name);

    // Only the client knows its properties and their values. Building a client does not wait for a connection.
    private static IEnumerable<string> Unaccepted(KafkaOptions kafka)
    {
        if (BuildError(() => new ProducerBuilder<Null, Null>(kafka.Producer()).SetLogHandler(KafkaClients.Silence).Build()) is { } producer)
            yield return producer;
        if (BuildError(() => new ConsumerBuilder<Ignore, Ignore>(kafka.Consumer("verification")).SetLogHandler(KafkaClients.Silence).Build()) is { } consumer)
            yield return consumer;
    }

    private static string? BuildError(Func<IClient> build)
    {
        try
        {
            using var client = build();
            return null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or KafkaException)
        {
            return $"{Section} is not accepted by the Kafka client: {e.Message}; see librdkafka's CONFIGURATION.md for names and values";
        }
    }
}
