using System.Globalization;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Reports the configs of topics and of the broker.</summary>
internal sealed class ConfigsApi(TopicStore topics, LocalKafkaOptions options)
{
    private const sbyte TopicResource = 2;
    private const sbyte BrokerResource = 4;

    public Api Row => Api.Of<DescribeConfigsRequest>(ApiKey.DescribeConfigs, 0, 4, 4, (_, request) =>
        Task.FromResult<IWireFields?>(new DescribeConfigsResponse { Results = [.. (request.Resources ?? []).Select(resource => Describe(resource, request.IncludeSynonyms))] }));

    private DescribeConfigsResult Describe(DescribeConfigsResource resource, bool includeSynonyms)
    {
        var result = new DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName };
        switch (resource.ResourceType)
        {
            case TopicResource when topics.Find(resource.ResourceName) is { } topic:
                result.Configs = [.. TopicConfig.Describe(topic.Configs).Where(Wanted).Select(config => Described(config, includeSynonyms))];
                break;
            case TopicResource:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{resource.ResourceName}'");
                break;
            case BrokerResource when resource.ResourceName is "" || resource.ResourceName == BrokerNode.Id.ToString(CultureInfo.InvariantCulture):
                result.Configs = [.. BrokerConfigs().Where(Wanted).Select(config => Described(config, includeSynonyms))];
                break;
            default:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, $"there are no configs of resource type {resource.ResourceType} named '{resource.ResourceName}'");
                break;
        }
        return result;

        bool Wanted(ConfigValue config) => resource.ConfigurationKeys is null || resource.ConfigurationKeys.Contains(config.Name);
    }

    private IEnumerable<ConfigValue> BrokerConfigs() =>
    [
        new("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false", ConfigSource.StaticBroker, ConfigType.Boolean),
        new("default.replication.factor", "1", ConfigSource.Default, ConfigType.Int),
        new("group.initial.rebalance.delay.ms", ((int)options.GroupInitialRebalanceDelay.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), ConfigSource.StaticBroker, ConfigType.Int),
        new("log.dirs", options.DataDirectory, ConfigSource.StaticBroker, ConfigType.String),
        new("num.partitions", options.DefaultPartitions.ToString(CultureInfo.InvariantCulture), ConfigSource.StaticBroker, ConfigType.Int),
        new("socket.request.max.bytes", FrameReader.MaxFrame.ToString(CultureInfo.InvariantCulture), ConfigSource.Default, ConfigType.Int),
    ];

    private static DescribedConfig Described(ConfigValue config, bool includeSynonyms) => new()
    {
        Name = config.Name,
        Value = config.Value,
        ReadOnly = config.Source == ConfigSource.StaticBroker,
        IsDefault = config.Source == ConfigSource.Default,
        ConfigSource = (sbyte)config.Source,
        ConfigType = (sbyte)config.Type,
        Synonyms = includeSynonyms ? [new ConfigSynonym { Name = config.Name, Value = config.Value, Source = (sbyte)config.Source }] : [],
    };
}
