using System.Globalization;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Requests;
using static Cdp.LocalKafka.Log.Configuration.ConfigType;

namespace Cdp.LocalKafka.Apis;

/// <summary>
/// The broker's own configs under Kafka's names: the ones that affect this broker, with their effective values. None can be changed while it runs.
/// </summary>
internal static class BrokerConfig
{
    /// <summary>All configs with their values, from the options or fixed.</summary>
    public static IEnumerable<ConfigValue> Describe(LocalKafkaOptions options) =>
    [
        .. Own(options),
        .. TopicConfig.Describe(new Dictionary<string, string>()).Where(config => config.Definition.Broker is not null)
            .Select(config => config with { Definition = config.Definition with { Name = config.Definition.Broker! } }),
    ];

    private static IEnumerable<ConfigValue> Own(LocalKafkaOptions options) =>
    [
        Set("auto.create.topics.enable", ConfigType.Boolean, options.AutoCreateTopics ? "true" : "false", "true",
            "Whether a metadata request for a missing topic creates it."),
        Fixed("broker.id", Int, BrokerNode.Name, "The id of the single node."),
        Fixed("default.replication.factor", Int, "1", "The number of replicas of a topic whose creator does not specify it."),
        Fixed("fetch.max.bytes", Int, Number(FetchApi.MaxBytes), "The most bytes in one fetch response."),
        Set("group.initial.rebalance.delay.ms", Int, Milliseconds(options.GroupInitialRebalanceDelay), "3000",
            "How long the first member of a group waits for others."),
        Set("log.dirs", ConfigType.String, options.DataDirectory, null, "The data directory."),
        Fixed("node.id", Int, BrokerNode.Name, "The id of the single node."),
        Set("num.partitions", Int, Number(options.DefaultPartitions), "1", "The number of partitions of a topic whose creator does not specify it."),
        Fixed("offsets.topic.num.partitions", Int, "1", "The number of partitions of __consumer_offsets."),
        Fixed("socket.request.max.bytes", Int, Number(RequestHeader.MaxRequestBytes), "The largest accepted request."),
        Set("transaction.remove.expired.transaction.cleanup.interval.ms", Int, Milliseconds(options.TransactionalIdCleanupInterval), "3600000",
            "How often expired transactional ids are removed."),
        Fixed("transaction.state.log.num.partitions", Int, "1", "The number of partitions of __transaction_state."),
        Set("transactional.id.expiration.ms", Int, Milliseconds(options.TransactionalIdExpiration), "604800000",
            "How long a transactional id without an open transaction is kept."),
    ];

    private static ConfigValue Set(string name, ConfigType type, string value, string? kafkasDefault, string documentation) =>
        new(new ConfigDefinition(name, type, kafkasDefault ?? "", kafkasDefault is null ? null : name, documentation), value, ConfigSource.StaticBroker);

    private static ConfigValue Fixed(string name, ConfigType type, string value, string documentation) =>
        new(new ConfigDefinition(name, type, value, name, documentation), value, ConfigSource.Default);

    private static string Milliseconds(TimeSpan time) => Number((int)time.TotalMilliseconds);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
