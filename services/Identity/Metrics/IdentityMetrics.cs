using System.Diagnostics.Metrics;
using cdp;
using Cdp.Identifiers.Types;
using Cdp.Streaming.Records;

namespace Cdp.Identity.Metrics;

/// <summary>The service's own metrics. Records are counted once, when they are committed.</summary>
internal static class IdentityMetrics
{
    // "Cdp." and the name of the service. The telemetry of the process finds the meter by this name.
    private static readonly Meter Meter = new("Cdp.identity");

    private static readonly Counter<long> Decisions =
        Meter.CreateCounter<long>("cdp.identity.decisions", "{decision}", "Decisions of the linker, by kind");

    private static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("cdp.identity.requests", "{event}", "Events that the resolver sent to the linker");

    private static readonly Counter<long> Dropped =
        Meter.CreateCounter<long>("cdp.identity.dropped", "{identifier}", "Identifiers that events carried but that were not used, by type and reason");

    /// <param name="types">The configured types. Only these are used as a label, because the type in older records may be arbitrary text from a sender.</param>
    /// <param name="records">The committed records.</param>
    public static void Committed(IdentifierTypes types, IReadOnlyList<Outgoing> records)
    {
        foreach (var record in records)
        {
            switch (record.Value)
            {
                case IdentityDecision decision:
                    Decisions.Add(1, new KeyValuePair<string, object?>("kind", decision.kind));
                    break;
                case LinkRequest:
                    Requests.Add(1);
                    break;
                case IdentifiedEvent { dropped.Count: > 0 } identified:
                    foreach (var dropped in identified.dropped) Dropped.Add(1, new("type", Label(types, dropped.type)), new("reason", dropped.reason));
                    break;
                default:
                    break;
            }
        }
    }

    private static string Label(IdentifierTypes types, string type) => types.Find(type) is null ? IdentifierTypes.UnknownType : type;
}
