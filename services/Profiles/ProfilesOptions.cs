using Cdp.Hosting.Api;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Configuration;
using Cdp.Streaming.Clients;

namespace Cdp.Profiles;

/// <summary>The configuration of the service: everything that differs between environments.</summary>
public sealed record ProfilesOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();
    public ProfileIdOptions ProfileIds { get; init; } = new();
    public ApiOptions Api { get; init; } = new();

    /// <summary>The path of the identity configuration (<see cref="IdentityFile"/>), the same file as identity's.</summary>
    public string IdentityConfig { get; init; } = IdentityConfiguration.DefaultFile;

    /// <summary>All errors, each with its key and remedy; empty if the configuration is valid.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. Redis.Errors(), .. ProfileIds.Errors(), .. Api.Errors()];
}
