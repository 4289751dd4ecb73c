namespace Cdp.Cli.Api;

/// <summary>A request to an API failed. The message is for people, and has the remedy.</summary>
public sealed class ApiException(string message) : Exception(message);
