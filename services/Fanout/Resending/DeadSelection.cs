using System.Globalization;
using cdp;
using Cdp.Fanout.History;

namespace Cdp.Fanout.Resending;

/// <summary>Which dead deliveries are sent again.</summary>
/// <param name="DestinationId">The destination.</param>
/// <param name="Reason">An HTTP status, or a part of the reason, in any case; null for every reason.</param>
public sealed record DeadSelection(string DestinationId, string? Reason)
{
    public bool Matches(DeadDelivery dead, Period period) =>
        dead.destinationId == DestinationId && period.Contains(dead.diedAt) && (Reason is null || HasReason(dead, Reason));

    /// <summary>Identifies the selection in a cursor.</summary>
    public string Fingerprint => Cursor.Fingerprint("redrive", DestinationId, Reason);

    // A number that looks like a status is not searched for in the text, where it could be part of an amount or an id.
    private static bool HasReason(DeadDelivery dead, string reason) =>
        reason.Length == 3 && int.TryParse(reason, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? dead.status == status
            : dead.reason.Contains(reason, StringComparison.OrdinalIgnoreCase);
}
