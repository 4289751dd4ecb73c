namespace Cdp.Streaming;

/// <summary>
/// The hot state and the log do not belong together, which says nothing about the records at hand: the loop ends and nothing goes to the dead topic,
/// until an operator has mended one or the other.
/// </summary>
public sealed class ForeignStateException(string message) : Exception(message);
