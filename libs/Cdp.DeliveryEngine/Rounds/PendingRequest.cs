using Cdp.DeliveryEngine.Sending;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>A request that continues after its round, and which of its results belongs to an item.</summary>
/// <param name="Request">The request.</param>
/// <param name="Index">The place of the item in the request.</param>
internal sealed record PendingRequest(SentRequest Request, int Index)
{
    public bool HasEnded => Request.Results.IsCompleted;

    /// <summary>The result; null if the request was cancelled, so that the item must be sent again. Only after it has ended.</summary>
    public DeliveryResult? Result => Request.Results.IsCompletedSuccessfully ? Request.Results.Result[Index] : null;
}
