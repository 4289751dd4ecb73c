using System.Collections.Concurrent;

namespace Cdp.Streaming;

/// <summary>What a process waits for, by name: the answer of /health/ready. Ready when every part that reported is ready, and at least one did.</summary>
public sealed class Readiness
{
    private readonly ConcurrentDictionary<string, (bool Ready, string Detail)> _parts = new();

    /// <summary>Reports a part, such as "loop:validation" or "redis". The detail says what it waits for.</summary>
    public void Report(string part, bool ready, string detail = "") => _parts[part] = (ready, detail);

    public bool IsReady => !_parts.IsEmpty && _parts.Values.All(part => part.Ready);

    public IReadOnlyDictionary<string, (bool Ready, string Detail)> Parts => _parts;
}
