using System.Globalization;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Reports the configs of topics and of the broker.</summary>
internal sealed class ConfigsApi(TopicStore topics, LocalKafkaOptions options)
{
    public Api Row => Api.Of<DescribeConfigsRequest>(ApiKey.DescribeConfigs, 0, 4, 4, (_, request) =>
        new DescribeConfigsResponse { Results = [.. (request.Resources ?? []).Select(resource => Describe(resource, request))] });

    private DescribeConfigsResult Describe(DescribeConfigsResource resource, DescribeConfigsRequest request)
    {
        var result = new DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName };
        var wanted = resource.ConfigurationKeys is { Count: > 0 } keys ? keys : null;
        switch (resource.ResourceType)
        {
            case ConfigResource.Topic when TopicName.Problem(resource.ResourceName) is { } problem:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidTopicException, problem);
                break;
            case ConfigResource.Topic when topics.Find(resource.ResourceName) is { } topic:
                result.Configs = Described(TopicConfig.Describe(topic.Configs));
                break;
            case ConfigResource.Topic:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{resource.ResourceName}'");
                break;
            case ConfigResource.Broker when resource.ResourceName == BrokerNode.Name:
                result.Configs = Described(BrokerConfig.Describe(options));
                break;
            case ConfigResource.Broker when resource.ResourceName is "":
                break; // the dynamic defaults of all brokers: there are none
            default:
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, string.Create(
                    CultureInfo.InvariantCulture, $"there is no resource of type {resource.ResourceType} named '{resource.ResourceName}' with configs"));
                break;
        }
        return result;

        List<DescribedConfig> Described(IEnumerable<ConfigValue> configs)
        {
            var readOnly = resource.ResourceType == ConfigResource.Broker;
            return [.. configs.Where(config => wanted?.Contains(config.Definition.Name) != false).Select(config => Description(config, readOnly, request))];
        }
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

    // The value that is set comes first, then the default under the name of its broker config.
    private static IEnumerable<ConfigSynonym> Synonyms(ConfigValue config)
    {
        var (definition, value, source) = config;
        if (source != ConfigSource.Default) yield return new ConfigSynonym { Name = definition.Name, Value = value, Source = (sbyte)source };
        if (definition.Broker is { } broker)
            yield return new ConfigSynonym { Name = broker, Value = definition.Default, Source = (sbyte)ConfigSource.Default };
    }
}
