namespace Cdp.Hosting;

/// <summary>Where the hot state is. One section, <c>Redis</c>, the same in every service that uses it.</summary>
public sealed record RedisOptions
{
    /// <summary>StackExchange.Redis configuration: host:port, comma separated, then options.</summary>
    public string Endpoint { get; init; } = "127.0.0.1:6379";

    /// <summary>What every key begins with.</summary>
    public string KeyPrefix { get; init; } = "cdp:";

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(Endpoint)) yield return "Redis:Endpoint is empty; set it to host:port";
    }
}
