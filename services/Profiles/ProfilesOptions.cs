using Cdp.Hosting;
using Cdp.Streaming;

namespace Cdp.Profiles;

/// <summary>What differs between environments.</summary>
public sealed record ProfilesOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();
    public ProfileIdsOptions ProfileIds { get; init; } = new();
    public ApiOptions Api { get; init; } = new();

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Kafka.Errors().Concat(Redis.Errors()).Concat(Api.Errors())) yield return error;
        if (string.IsNullOrWhiteSpace(ProfileIds.Key)) yield return "ProfileIds:Key is empty; set it (CDP_ProfileIds__Key) to the secret that identity has under the same key";
    }
}

/// <summary>The section <c>ProfileIds</c>, the same in identity.</summary>
public sealed record ProfileIdsOptions
{
    /// <summary>The secret under which an identifier implies a profile id. With another one than identity's, profiles are not found.</summary>
    public string Key { get; init; } = "";
}
