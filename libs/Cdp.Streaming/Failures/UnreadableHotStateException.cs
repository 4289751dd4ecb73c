namespace Cdp.Streaming.Failures;

/// <summary>
/// The hot state can be read, but contains something that no service wrote there. That says nothing about the record being processed, so the loop waits.
/// </summary>
public sealed class UnreadableHotStateException(string message, Exception inner) : Exception(message, inner);
