using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>
/// Changes topic configs while the topics are in use. The checks and their order are Kafka's (ConfigAdminManager, ConfigurationControlManager).
/// </summary>
internal sealed class AlterConfigsApi(TopicStore topics)
{
    public IEnumerable<Api> Rows =>
    [
        Api.Of<AlterConfigsRequest>(
            ApiKey.AlterConfigs, 0, 2, 2, (_, request) => Answer(request.ValidateOnly, (request.Resources ?? []).Select(Replacing))),
        Api.Of<IncrementalAlterConfigsRequest>(
            ApiKey.IncrementalAlterConfigs, 0, 1, 1, (_, request) => Answer(request.ValidateOnly, (request.Resources ?? []).Select(Changing))),
    ];

    private static Alteration Replacing(AlterConfigsResource resource) => new(
        resource.ResourceType,
        resource.ResourceName,
        Replace: true,
        [.. (resource.Configs ?? []).Select(config => new ConfigChange(config.Name, ConfigOperation.Set, config.Value))]);

    private static Alteration Changing(IncrementalAlterConfigsResource resource) => new(
        resource.ResourceType,
        resource.ResourceName,
        Replace: false,
        [.. (resource.Configs ?? []).Select(config => new ConfigChange(config.Name, (ConfigOperation)config.ConfigOperation, config.Value))]);

    private AlterConfigsResponse Answer(bool validateOnly, IEnumerable<Alteration> alterations)
    {
        var response = new AlterConfigsResponse();
        foreach (var same in alterations.GroupBy(alteration => (alteration.Type, alteration.Name)))
        {
            var (error, problem) = same.Count() > 1
                ? (ErrorCode.InvalidRequest, "the request names the resource more than once")
                : Alter(same.First(), validateOnly);
            foreach (var _ in same)
            {
                response.Responses!.Add(
                    new AlteredResource { ResourceType = same.Key.Type, ResourceName = same.Key.Name, ErrorCode = error, ErrorMessage = problem });
            }
        }
        return response;
    }

    private (ErrorCode Error, string? Problem) Alter(Alteration wanted, bool validateOnly)
    {
        if (wanted.Changes.DistinctBy(change => change.Name).Count() < wanted.Changes.Count)
            return (ErrorCode.InvalidRequest, "a config is named more than once");
        if (wanted.Changes.FirstOrDefault(change => change.Value is null && change.Operation != ConfigOperation.Delete) is { Name: { } valueless })
            return (ErrorCode.InvalidRequest, $"null value for config '{valueless}'");
        return wanted.Type switch
        {
            ConfigResource.Topic => AlterTopic(wanted, validateOnly),
            ConfigResource.Broker when wanted.Name is not "" && wanted.Name != BrokerNode.Name => (
                ErrorCode.InvalidRequest, $"there is one broker, {BrokerNode.Name}, and no '{wanted.Name}'"),
            ConfigResource.Broker when wanted.Changes.Count > 0 =>
                (ErrorCode.InvalidRequest,
                    $"cannot change while the broker runs: {string.Join(", ", wanted.Changes.Select(change => change.Name))}; " +
                    "this broker's configs are set when it starts"),
            ConfigResource.Broker => (ErrorCode.None, null),
            _ => (ErrorCode.InvalidRequest, $"there are no configs of resource type {wanted.Type}"),
        };
    }

    private (ErrorCode Error, string? Problem) AlterTopic(Alteration wanted, bool validateOnly)
    {
        if (wanted.Name is "") return (ErrorCode.InvalidRequest, "the topic name is empty; configs cannot be set for all topics at once");
        if (TopicName.Problem(wanted.Name) is { } name) return (ErrorCode.InvalidTopicException, name);
        (ErrorCode Error, string? Problem) outcome = (ErrorCode.UnknownTopicOrPartition, $"there is no topic '{wanted.Name}'");
        topics.Configure(wanted.Name, present =>
        {
            var (changed, error, problem) = ConfigChange.Apply(wanted.Replace ? new Dictionary<string, string>() : present, wanted.Changes);
            outcome = (error, problem);
            if (error != ErrorCode.None) return null;
            (var configs, problem) = TopicConfig.Parse(changed);
            outcome = problem is null ? (ErrorCode.None, null) : (ErrorCode.InvalidConfig, problem);
            return problem is null && !validateOnly ? configs : null;
        });
        return outcome;
    }

    /// <summary>The requested changes of one resource.</summary>
    /// <param name="Replace">Whether configs that the changes do not name are reset to their defaults.</param>
    private sealed record Alteration(sbyte Type, string Name, bool Replace, List<ConfigChange> Changes);
}
