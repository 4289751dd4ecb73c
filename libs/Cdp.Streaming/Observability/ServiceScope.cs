namespace Cdp.Streaming.Observability;

/// <summary>
/// The service that the running code belongs to, for the telemetry of a process that hosts several. It flows into tasks that the code starts.
/// </summary>
public static class ServiceScope
{
    private static readonly AsyncLocal<string?> Name = new();

    /// <summary>The name of the service; null if none was set.</summary>
    public static string? Current
    {
        get => Name.Value;
        set => Name.Value = value;
    }
}
