using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>What becomes of one request on its way through the proxy.</summary>
/// <param name="Delay">How long its answer, and with it all later answers of the connection, is held back.</param>
internal readonly record struct Fate(FateKind Kind, TimeSpan Delay = default)
{
    public static readonly Fate Forward = new(FateKind.Forward);

    /// <summary>The connection ends before the node has seen the request.</summary>
    public static readonly Fate DropBefore = new(FateKind.DropBefore);

    /// <summary>The request takes effect; the connection ends in place of its answer.</summary>
    public static readonly Fate LoseAnswer = new(FateKind.LoseAnswer);

    /// <summary>The node gets the request twice; the client gets the first answer.</summary>
    public static readonly Fate Duplicate = new(FateKind.Duplicate);

    public static Fate Late(TimeSpan delay) => new(FateKind.Forward, delay);

    /// <summary>Meets requests of some APIs by chance with one of the fates, and lets the rest pass.</summary>
    public static Func<ApiKey, int, Fate> ByChance(int seed, double chance, Fate[] fates, params ApiKey[] apis)
    {
        var random = new Random(seed);
        return (api, _) =>
        {
            if (!apis.Contains(api)) return Forward;
            lock (random) return random.NextDouble() < chance ? fates[random.Next(fates.Length)] : Forward;
        };
    }
}

internal enum FateKind
{
    Forward,
    DropBefore,
    LoseAnswer,
    Duplicate,
}
