namespace Cdp.Integration.Stack;

/// <summary>Which Redis a test runs on. What touches Redis must do the same on both.</summary>
public enum RedisKind
{
    /// <summary>The stack's: Garnet, unless it is an existing cluster's or a container.</summary>
    OfStack,

    /// <summary>redis-server as a process, 7.0 on Debian 12.</summary>
    RedisServer,
}
