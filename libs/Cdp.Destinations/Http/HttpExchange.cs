using Cdp.Destinations.Delivery;

namespace Cdp.Destinations.Http;

/// <summary>How one attempt at a request ended.</summary>
public abstract record HttpExchange
{
    private HttpExchange() { }

    /// <summary>The server answered.</summary>
    public sealed record Answered(InboundResponse Response) : HttpExchange;

    /// <summary>There is no response.</summary>
    /// <param name="Result">Retry, Unreachable, or Refused for an address that may not be used.</param>
    public sealed record Failed(DeliveryResult Result) : HttpExchange;
}
