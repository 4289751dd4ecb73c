using StackExchange.Redis;

namespace Cdp.Hosting.HotState;

/// <summary>
/// A key in Redis has a value that no service writes there. That says nothing about the record being processed, and nothing that depends on the key can be
/// decided. So callers wait, as they do while Redis is unavailable, until an operator has repaired the key.
/// </summary>
/// <param name="key">The key.</param>
/// <param name="found">What the key holds and what it should hold, as in "a value of type Hash instead of String".</param>
/// <param name="remedy">What an operator must do.</param>
/// <param name="inner">The exception that reading the value caused; null if none.</param>
public sealed class UnreadableValueException(RedisKey key, string found, string remedy, Exception? inner = null)
    : RedisException($"the key {key} in Redis holds {found}, which no service wrote there; {remedy}", inner!);
