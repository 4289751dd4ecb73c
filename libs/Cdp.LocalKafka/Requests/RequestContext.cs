namespace Cdp.LocalKafka.Requests;

/// <summary>Who sent a request, and the version of the response.</summary>
/// <param name="ClientHost">The address of the client as Kafka shows it, with a leading slash: <c>/127.0.0.1</c>.</param>
/// <param name="ConnectionClosed">Canceled when the connection ends or the broker stops.</param>
internal sealed record RequestContext(string? ClientId, string ClientHost, short ApiVersion, string ConnectionId, CancellationToken ConnectionClosed);
