namespace Cdp.Destinations.Http;

/// <summary>A response, as far as it is read.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers, by name without regard to case; values of one name are joined by a comma and a space.</param>
/// <param name="Body">The beginning of the body.</param>
/// <param name="IsBodyComplete">Whether <paramref name="Body"/> is the whole body.</param>
public sealed record InboundResponse(int Status, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, bool IsBodyComplete);
