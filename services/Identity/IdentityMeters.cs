using System.Diagnostics.Metrics;
using cdp;
using Cdp.Streaming;

namespace Cdp.Identity;

/// <summary>What the service measures beyond its loops: counted once, when it is committed.</summary>
internal static class IdentityMeters
{
    private static readonly Meter Meter = new($"Cdp.{IdentityService.Service.Name}");
    private static readonly Counter<long> Decisions = Meter.CreateCounter<long>("cdp.identity.decisions", "{decision}", "Decisions of the linker, by kind");
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("cdp.identity.requests", "{event}", "Events that took the detour over the linker");
    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>("cdp.identity.dropped", "{identifier}", "Identifiers that events carried and that were not used for them, by type and reason");

    public static void Committed(IReadOnlyList<Outgoing> records)
    {
        foreach (var record in records)
        {
            switch (record.Value)
            {
                case IdentityDecision decision: Decisions.Add(1, new KeyValuePair<string, object?>("kind", decision.kind)); break;
                case LinkRequest: Requests.Add(1); break;
                case IdentifiedEvent { dropped.Count: > 0 } identified:
                    foreach (var dropped in identified.dropped) Dropped.Add(1, new("type", dropped.type), new("reason", dropped.reason));
                    break;
                default: break;
            }
        }
    }
}
