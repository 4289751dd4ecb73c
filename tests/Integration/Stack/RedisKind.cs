namespace Cdp.Integration.Stack;

/// <summary>The Redis that a test runs on. Code that uses Redis must behave the same on both.</summary>
public enum RedisKind
{
    /// <summary>The Redis of the stack: Garnet, unless the stack is an existing cluster or containers.</summary>
    OfStack,

    /// <summary>redis-server as a process, 7.0 on Debian 12.</summary>
    RedisServer,
}
