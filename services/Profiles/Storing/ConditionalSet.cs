using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

/// <summary>Redis has it as a command from 8.4 on only.</summary>
internal static class ConditionalSet
{
    private const string Script = """
        if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2])
        return 1
        """;

    /// <summary>Sets a text if it is what the caller expects: null and empty are one.</summary>
    public static async Task<bool> SetIfAsync(this IDatabase redis, string key, RedisValue expected, string value) =>
        (bool)await redis.ScriptEvaluateAsync(Script, [key], [expected.IsNull ? RedisValue.EmptyString : expected, value]);
}
