using System.Globalization;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Reports the configs of topics and of the broker.</summary>
internal sealed class ConfigsApi(TopicStore topics, LocalKafkaOptions options)
{
    public const sbyte TopicResource = 2;
    public const sbyte BrokerResource = 4;

    public Api Row => Api.Of<DescribeConfigsRequest>(ApiKey.DescribeConfigs, 0, 4, 4, (_, request) =>
        new DescribeConfigsResponse { Results = [.. (request.Resources ?? []).Select(resource => Describe(resource, request))] });

    private DescribeConfigsResult Describe(DescribeConfigsResource resource, DescribeConfigsRequest request)
    {
        var result = new DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName };
        var wanted = resource.ConfigurationKeys is { Count: > 0 } keys ? keys : null;
        switch (resource.ResourceType)
        {
            case TopicResource when TopicName.Problem(resource.ResourceName) is { } problem:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidTopicException, problem);
                break;
            case TopicResource when topics.Find(resource.ResourceName) is { } topic:
                result.Configs = Described(TopicConfig.Describe(topic.Configs));
                break;
            case TopicResource:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{resource.ResourceName}'");
                break;
            case BrokerResource when resource.ResourceName == BrokerNode.Name:
                result.Configs = Described(BrokerConfig.Describe(options));
                break;
            case BrokerResource when resource.ResourceName is "":
                break; // the defaults that were set for all brokers while they run: none
            default:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, string.Create(
                    CultureInfo.InvariantCulture, $"there are no configs of resource type {resource.ResourceType} named '{resource.ResourceName}'"));
                break;
        }
        return result;

        List<DescribedConfig> Described(IEnumerable<ConfigValue> configs) =>
            [.. configs.Where(config => wanted?.Contains(config.Definition.Name) != false).Select(config => Description(config, resource.ResourceType == BrokerResource, request))];
    }

    private static DescribedConfig Description(ConfigValue config, bool readOnly, DescribeConfigsRequest request) => new()
    {
        Name = config.Definition.Name,
        Value = config.Value,
        ReadOnly = readOnly,
        IsDefault = config.Source == ConfigSource.Default,
        ConfigSource = (sbyte)config.Source,
        ConfigType = (sbyte)config.Definition.Type,
        Documentation = request.IncludeDocumentation ? config.Definition.Documentation : null,
        Synonyms = request.IncludeSynonyms ? [.. Synonyms(config)] : [],
    };

    // First what is set, then the default behind it under the broker's name for it.
    private static IEnumerable<ConfigSynonym> Synonyms(ConfigValue config)
    {
        if (config.Source != ConfigSource.Default) yield return new ConfigSynonym { Name = config.Definition.Name, Value = config.Value, Source = (sbyte)config.Source };
        if (config.Definition.Broker is { } broker) yield return new ConfigSynonym { Name = broker, Value = config.Definition.Default, Source = (sbyte)ConfigSource.Default };
    }
}
