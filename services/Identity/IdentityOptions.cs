using Cdp.Hosting.Api;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Configuration;
using Cdp.Streaming.Clients;

namespace Cdp.Identity;

/// <summary>The options of the identity service.</summary>
public sealed record IdentityOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();
    public ProfileIdOptions ProfileIds { get; init; } = new();
    public ApiOptions Api { get; init; } = new();

    /// <summary>The path of the identity configuration (<see cref="IdentityFile"/>). It must be the same in the profiles service.</summary>
    public string IdentityConfig { get; init; } = IdentityConfiguration.DefaultFile;

    /// <summary>Every fault, with its key and remedy; empty if the options are valid.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. Redis.Errors(), .. ProfileIds.Errors(), .. Api.Errors()];
}
