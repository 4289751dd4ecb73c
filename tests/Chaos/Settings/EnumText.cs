namespace Cdp.Chaos.Settings;

/// <summary>Names of enum members as printed.</summary>
public static class EnumText
{
    /// <summary>Splits a name in Pascal case into lower-case words: <c>RedisErrors</c> becomes "redis errors".</summary>
    public static string Words<T>(T value) where T : struct, Enum =>
        string.Concat($"{value}".Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
