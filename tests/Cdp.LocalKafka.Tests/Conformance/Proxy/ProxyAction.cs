using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>What the proxy does with one request.</summary>
/// <param name="Delay">How long the response, and with it every later response of the connection, is held back.</param>
internal readonly record struct ProxyAction(ProxyActionKind Kind, TimeSpan Delay = default)
{
    public static readonly ProxyAction Forward = new(ProxyActionKind.Forward);

    /// <summary>Close the connection before the node receives the request.</summary>
    public static readonly ProxyAction DropRequest = new(ProxyActionKind.DropRequest);

    /// <summary>Let the node handle the request, but close the connection instead of sending the response.</summary>
    public static readonly ProxyAction DropResponse = new(ProxyActionKind.DropResponse);

    /// <summary>Send the request to the node twice, and the first response to the client.</summary>
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
