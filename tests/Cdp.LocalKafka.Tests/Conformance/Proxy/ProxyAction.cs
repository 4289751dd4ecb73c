using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>What the proxy does with one request.</summary>
/// <param name="Delay">How long the response, and with it every later response of the connection, is held back.</param>
internal readonly record struct ProxyAction(ProxyActionKind Kind, TimeSpan Delay = default)
{
    public static readonly ProxyAction Forward = new(ProxyActionKind.Forward);

    /// <summary>The connection is closed before the node has seen the request.</summary>
    public static readonly ProxyAction DropRequest = new(ProxyActionKind.DropRequest);

    /// <summary>The node handles the request, and the connection is closed instead of sending the response.</summary>
    public static readonly ProxyAction DropResponse = new(ProxyActionKind.DropResponse);

    /// <summary>The node gets the request twice; the client gets the first response.</summary>
    public static readonly ProxyAction Duplicate = new(ProxyActionKind.Duplicate);

    public static ProxyAction DelayResponse(TimeSpan delay) => new(ProxyActionKind.Forward, delay);

    /// <summary>Applies one of the actions at random to requests of some APIs and forwards the rest.</summary>
    public static Func<ApiKey, int, ProxyAction> AtRandom(int seed, double chance, ProxyAction[] actions, params ApiKey[] apis)
    {
        var random = new Random(seed);
        return (api, _) =>
        {
            if (!apis.Contains(api)) return Forward;
            lock (random) return random.NextDouble() < chance ? actions[random.Next(actions.Length)] : Forward;
        };
    }
}

internal enum ProxyActionKind
{
    Forward,
    DropRequest,
    DropResponse,
    Duplicate,
}
