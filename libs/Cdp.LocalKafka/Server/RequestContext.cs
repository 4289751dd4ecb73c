namespace Cdp.LocalKafka.Server;

/// <summary>Who sent a request, and in which version the answer goes out.</summary>
/// <param name="ClientHost">The peer's address as Kafka shows it, with a leading slash: <c>/127.0.0.1</c>.</param>
/// <param name="ConnectionClosed">Cancelled when the connection ends or the broker stops.</param>
internal sealed record RequestContext(string? ClientId, string ClientHost, short ApiVersion, string ConnectionId, CancellationToken ConnectionClosed);
