using Cdp.Hosting;
using Cdp.Identifiers;
using Cdp.Streaming;

namespace Cdp.Profiles;

/// <summary>What differs between environments.</summary>
public sealed record ProfilesOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();
    public ProfileIdOptions ProfileIds { get; init; } = new();
    public ApiOptions Api { get; init; } = new();

    /// <summary>The file of <see cref="IdentityFile"/>, the same in identity.</summary>
    public string IdentityConfig { get; init; } = IdentityConfiguration.DefaultFile;

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. Redis.Errors(), .. ProfileIds.Errors(), .. Api.Errors()];
}
