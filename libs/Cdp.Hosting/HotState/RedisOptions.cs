namespace Cdp.Hosting.HotState;

/// <summary>How to reach Redis, which has the hot state. Section <c>Redis</c>, the same in every service that uses it.</summary>
public sealed record RedisOptions
{
    /// <summary>A StackExchange.Redis configuration: host:port of one or more nodes, separated by commas, then options.</summary>
    public string Endpoint { get; init; } = "127.0.0.1:6379";

    /// <summary>The prefix of every key.</summary>
    public string KeyPrefix { get; init; } = "cdp:";

    /// <summary>Every error, with its key and remedy; empty if the options are valid.</summary>
    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(Endpoint)) yield return "Redis:Endpoint is empty; set it to host:port";
    }
}
