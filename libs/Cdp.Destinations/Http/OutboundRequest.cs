namespace Cdp.Destinations.Http;

/// <summary>An HTTP request as it will be sent.</summary>
/// <param name="Method">POST, PUT, PATCH, DELETE or GET.</param>
/// <param name="Url">An http or https URL.</param>
/// <param name="Headers">All headers but those that the connection determines, in order. Content headers, such as Content-Type, are among them.</param>
/// <param name="Body">The body; empty for none.</param>
public sealed record OutboundRequest(string Method, Uri Url, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body);
