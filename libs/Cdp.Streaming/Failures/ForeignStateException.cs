namespace Cdp.Streaming.Failures;

/// <summary>
/// The log and what was derived from it (the hot state, or the offsets of a group) do not belong together. That says nothing about the records being
/// processed, so none is dead-lettered: the loop ends until an operator has corrected one or the other.
/// </summary>
public sealed class ForeignStateException(string message) : Exception(message);
