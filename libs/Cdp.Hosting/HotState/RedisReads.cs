using System.Globalization;
using StackExchange.Redis;

namespace Cdp.Hosting.HotState;

/// <summary>
/// Reads values of the hot state in Redis. A value that no service can have written causes an <see cref="UnreadableValueException"/>, which names the key and
/// the remedy.
/// </summary>
public static class RedisReads
{
    private const int MaxShownBytes = 64;

    /// <summary>Reads a string; null if the key does not exist.</summary>
    /// <exception cref="UnreadableValueException">The key has the wrong type.</exception>
    public static Task<RedisValue> ReadStringAsync(this IDatabase redis, RedisKey key, string remedy) =>
        redis.RunCheckedAsync(database => database.StringGetAsync(key), remedy, [(key, RedisType.String)]);

    /// <summary>Reads all fields of a hash; empty if the key does not exist.</summary>
    /// <exception cref="UnreadableValueException">The key has the wrong type.</exception>
    public static Task<HashEntry[]> ReadHashAsync(this IDatabase redis, RedisKey key, string remedy) =>
        redis.RunCheckedAsync(database => database.HashGetAllAsync(key), remedy, [(key, RedisType.Hash)]);

    /// <summary>Runs a command or a script. If Redis rejects it because a key has the wrong type, the exception names the key.</summary>
    /// <param name="redis">The database.</param>
    /// <param name="call">The command or script.</param>
    /// <param name="remedy">What an operator must do about a key of the wrong type.</param>
    /// <param name="keys">The keys that the call uses, and the type that each must have.</param>
    /// <exception cref="UnreadableValueException">A key has the wrong type.</exception>
    public static async Task<T> RunCheckedAsync<T>(
        this IDatabase redis, Func<IDatabase, Task<T>> call, string remedy, IEnumerable<(RedisKey Key, RedisType Type)> keys)
    {
        try
        {
            return await call(redis);
        }
        catch (RedisServerException e) when (e.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            foreach (var (key, type) in keys)
            {
                var found = await redis.KeyTypeAsync(key);
                if (found != type && found != RedisType.None)
                    throw new UnreadableValueException(key, $"a value of type {found} instead of {type}", remedy, e);
            }
            throw;
        }
    }

    /// <summary>Parses a whole number; null if there is no value.</summary>
    /// <exception cref="UnreadableValueException">The value is not a whole number.</exception>
    public static long? ParseNumber(RedisKey key, RedisValue value, string remedy) =>
        value.IsNull ? null : value.TryParse(out long number) ? number : throw Unreadable(key, value, "a whole number", remedy);

    /// <summary>The exception for a value that no service can have written.</summary>
    /// <param name="key">The key of the value.</param>
    /// <param name="found">The value. It appears in the message if it is short and printable, else only its size does.</param>
    /// <param name="expected">What the value should be, such as "a whole number".</param>
    /// <param name="remedy">What an operator must do.</param>
    /// <param name="inner">The exception that reading the value caused; null if none.</param>
    public static UnreadableValueException Unreadable(RedisKey key, RedisValue found, string expected, string remedy, Exception? inner = null) =>
        new(key, $"{Shown(found)} instead of {expected}", remedy, inner);

    private static string Shown(RedisValue value)
    {
        var bytes = (byte[]?)value ?? [];
        return bytes.Length <= MaxShownBytes && Array.TrueForAll(bytes, one => one is >= (byte)' ' and <= (byte)'~')
            ? $"'{System.Text.Encoding.ASCII.GetString(bytes)}'"
            : string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} bytes");
    }
}
