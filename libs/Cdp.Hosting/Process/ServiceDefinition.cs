using Microsoft.AspNetCore.Builder;

namespace Cdp.Hosting.Process;

/// <summary>A service, as its own Program.cs and Local start it.</summary>
/// <param name="Name">The name: ingestion, validation, identity, profiles or fanout. Also the consumer group and the service.name of telemetry.</param>
/// <param name="Port">The default port of the API. By default management listens on that port + 10000, even if there is no API.</param>
/// <param name="Add">Adds the service to a host: the <c>AddX</c> method of the service.</param>
/// <param name="Map">Maps the HTTP endpoints, and whatever else must happen before the start; null if there is nothing to do.</param>
public sealed record ServiceDefinition(string Name, int Port, Action<WebApplicationBuilder> Add, Action<WebApplication>? Map = null)
{
    /// <summary>Whether the service has an API. If false, it listens for management only.</summary>
    public bool HasApi { get; init; } = true;
}
