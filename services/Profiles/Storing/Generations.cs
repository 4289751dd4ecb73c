using System.Globalization;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Roots;
using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

/// <summary>The generation of profiles that is in use, and the one it replaced.</summary>
/// <param name="Current">The generation that is read and written.</param>
/// <param name="Previous">The generation that was in use before and is still kept; null if there is none.</param>
public sealed record GenerationsInUse(int Current, int? Previous);

/// <summary>
/// The generations of profiles in Redis. Each is a copy of the topic profiles up to its own position. A late write to a generation that was just replaced is
/// harmless: the log has the same record, and the new generation catches up from the log before its next fold.
/// </summary>
public sealed class Generations(IConnectionMultiplexer redis, HotStateKeys keys)
{
    private const string First = "0 -1";
    private const string Remedy = "delete it: generation 0 is then in use, restored from the topic profiles";

    private readonly RootReader _roots = new(redis, keys);

    public async Task<GenerationsInUse> InUseAsync() => Parse(await redis.GetDatabase().ReadStringAsync(keys.Generations, Remedy));

    public async Task<ProfileStore> CurrentAsync() => Store((await InUseAsync()).Current);

    public ProfileStore Store(int generation) => new(redis, keys, generation);

    /// <summary>The profile that identity's decisions assign an identifier to; null if it still belongs to the profile it implies.</summary>
    /// <exception cref="RedisException">Redis is unavailable, or has lost decisions, so that the identifier could lead to the wrong profile.</exception>
    public async Task<string?> RootAsync(cdp.Identifier identifier) => (await _roots.ReadAsync([identifier])).ByIdentifier.GetValueOrDefault(identifier);

    /// <summary>
    /// Switches all readers and writers from one generation to another at once. Returns false, and changes nothing, if the generations in use are no longer
    /// those that the caller expects.
    /// </summary>
    public async Task<bool> SwitchAsync(GenerationsInUse expected, GenerationsInUse replacement)
    {
        var now = await redis.GetDatabase().ReadStringAsync(keys.Generations, Remedy);
        if (Parse(now) != expected) return false;
        var value = string.Create(CultureInfo.InvariantCulture, $"{replacement.Current} {replacement.Previous ?? -1}");
        return await redis.GetDatabase().SetIfEqualAsync(keys.Generations, now, value);
    }

    private GenerationsInUse Parse(RedisValue value)
    {
        var text = (string?)value ?? First;
        return text.Split(' ') is [var current, var previous]
            && int.TryParse(current, NumberStyles.None, CultureInfo.InvariantCulture, out var c)
            && int.TryParse(previous, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var p)
            ? new GenerationsInUse(c, p < 0 ? null : p)
            : throw RedisReads.Unreadable(keys.Generations, value, "CURRENT KEPT", Remedy);
    }
}
