using System.Collections.Concurrent;

namespace Cdp.Streaming.Observability;

/// <summary>
/// The state of the parts of a service, by name, as /health/ready reports it. The service is ready if every part is, and at least one has reported.
/// </summary>
public sealed class Readiness
{
    private readonly ConcurrentDictionary<string, (bool Ready, string Detail)> _parts = new();

    /// <summary>Reports the state of a part, such as "loop validation". The detail says what it waits for, or is empty.</summary>
    public void Report(string part, bool ready, string detail = "") => _parts[part] = (ready, detail);

    /// <summary>Forgets a part that was stopped for good.</summary>
    public void Remove(string part) => _parts.TryRemove(part, out _);

    public bool IsReady => !_parts.IsEmpty && _parts.Values.All(part => part.Ready);

    public IReadOnlyDictionary<string, (bool Ready, string Detail)> Parts => _parts;
}
