using Microsoft.AspNetCore.Builder;

namespace Cdp.Hosting;

/// <summary>A service, as its own Program.cs and Local both start it.</summary>
/// <param name="Name">ingestion, validation, identity, profiles or fanout: the consumer group, the telemetry's service.name.</param>
/// <param name="Port">The HTTP port it listens on unless told otherwise: its API where it has one, health and metrics always.</param>
/// <param name="Add">The service's wiring: <c>AddX</c>.</param>
/// <param name="Map">Its HTTP endpoints; null where it has only health and metrics.</param>
public sealed record ServiceDefinition(string Name, int Port, Action<WebApplicationBuilder> Add, Action<WebApplication>? Map = null);
