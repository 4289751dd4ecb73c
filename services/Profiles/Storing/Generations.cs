using System.Globalization;
using Cdp.Contracts;
using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

/// <summary>Which generation of profiles is in use, and which it replaced.</summary>
/// <param name="Current">Read and written.</param>
/// <param name="Kept">What was in use before; null where there is none.</param>
public sealed record GenerationsInUse(int Current, int? Kept);

/// <summary>
/// The generations of profiles in Redis. Each is a copy of the topic profiles up to a position of its own, so that whoever writes to one that was just
/// replaced does no harm: the log has it, and the new one is caught up from there before its next fold.
/// </summary>
public sealed class Generations(IConnectionMultiplexer redis, HotState keys)
{
    private const string First = "0 -1";

    public async Task<GenerationsInUse> InUseAsync() => Parse(await redis.GetDatabase().StringGetAsync(keys.Generations));

    public async Task<ProfileStore> CurrentAsync() => Store((await InUseAsync()).Current);

    public ProfileStore Store(int generation) => new(redis, keys, generation);

    /// <summary>SEQUENCE ROOT: the profile that an identifier belongs to since that decision. Null: the one it implies.</summary>
    public async Task<string?> RootAsync(cdp.Identifier identifier) => await redis.GetDatabase().StringGetAsync(keys.Root(identifier));

    /// <summary>Moves every reader and writer at once, on the condition that what is in use is still what the caller knows.</summary>
    public async Task<bool> MoveAsync(GenerationsInUse from, GenerationsInUse to)
    {
        var now = await redis.GetDatabase().StringGetAsync(keys.Generations);
        return Parse(now) == from && await redis.GetDatabase().SetIfAsync(keys.Generations, now, string.Create(CultureInfo.InvariantCulture, $"{to.Current} {to.Kept ?? -1}"));
    }

    private static GenerationsInUse Parse(RedisValue value)
    {
        var text = (string?)value ?? First;
        var space = text.IndexOf(' ');
        var (current, kept) = (int.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture), int.Parse(text.AsSpan(space + 1), CultureInfo.InvariantCulture));
        return new GenerationsInUse(current, kept < 0 ? null : kept);
    }
}
