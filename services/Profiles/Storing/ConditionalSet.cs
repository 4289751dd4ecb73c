using Cdp.Hosting.HotState;
using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

internal static class ConditionalSet
{
    private static readonly string Script = RedisScript.Load(typeof(ConditionalSet), "compare_and_set.lua");

    /// <summary>Sets a string if it still has the expected value. A missing key and an empty string count as the same value.</summary>
    public static async Task<bool> SetIfEqualAsync(this IDatabase redis, string key, RedisValue expected, string value) =>
        (bool)await redis.ScriptEvaluateAsync(Script, [key], [expected.IsNull ? RedisValue.EmptyString : expected, value]);
}
