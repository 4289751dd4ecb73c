namespace Cdp.Streaming.Schemas;

/// <summary>
/// The registry did not provide a schema: it did not answer, refused, or answered with something else. That says nothing about the record that needs the
/// schema, so callers wait and try again. A record is bad only if a known schema cannot decode it.
/// </summary>
public sealed class SchemaUnavailableException(string message, Exception? inner = null) : HttpRequestException(message, inner);
