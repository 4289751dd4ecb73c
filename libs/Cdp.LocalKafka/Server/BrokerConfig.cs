using System.Globalization;
using Cdp.LocalKafka.Log;
using static Cdp.LocalKafka.Log.ConfigType;

namespace Cdp.LocalKafka.Server;

/// <summary>The broker's own configs under Kafka's names: those that this broker goes by, with the values it goes by. None changes while it runs.</summary>
internal static class BrokerConfig
{
    /// <summary>Every config with its value, from the options or fixed.</summary>
    public static IEnumerable<ConfigValue> Describe(LocalKafkaOptions options) =>
    [
        .. Own(options),
        .. TopicConfig.Describe(new Dictionary<string, string>()).Where(config => config.Definition.Broker is not null)
            .Select(config => config with { Definition = config.Definition with { Name = config.Definition.Broker! } }),
    ];

    private static IEnumerable<ConfigValue> Own(LocalKafkaOptions options) =>
    [
        Set("auto.create.topics.enable", ConfigType.Boolean, options.AutoCreateTopics ? "true" : "false", "true", "Whether asking for a topic's metadata makes the topic."),
        Fixed("broker.id", Int, BrokerNode.Name, "The number of the one node."),
        Fixed("default.replication.factor", Int, "1", "Replicas of a topic whose creator leaves the number to the broker."),
        Fixed("fetch.max.bytes", Int, Number(FetchApi.MaxBytes), "The most that one fetch is answered with."),
        Set("group.initial.rebalance.delay.ms", Int, Number((int)options.GroupInitialRebalanceDelay.TotalMilliseconds), "3000", "How long the first member of a group waits for others."),
        Set("log.dirs", ConfigType.String, options.DataDirectory, null, "Where the data is."),
        Fixed("node.id", Int, BrokerNode.Name, "The number of the one node."),
        Set("num.partitions", Int, Number(options.DefaultPartitions), "1", "Partitions of a topic whose creator leaves the number to the broker."),
        Fixed("offsets.topic.num.partitions", Int, "1", "Partitions of __consumer_offsets."),
        Fixed("socket.request.max.bytes", Int, Number(FrameReader.MaxFrame), "The largest request that is read."),
        Fixed("transaction.state.log.num.partitions", Int, "1", "Partitions of __transaction_state."),
    ];

    private static ConfigValue Set(string name, ConfigType type, string value, string? kafkasDefault, string documentation) =>
        new(new ConfigDefinition(name, type, kafkasDefault ?? "", kafkasDefault is null ? null : name, documentation), value, ConfigSource.StaticBroker);

    private static ConfigValue Fixed(string name, ConfigType type, string value, string documentation) =>
        new(new ConfigDefinition(name, type, value, name, documentation), value, ConfigSource.Default);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
