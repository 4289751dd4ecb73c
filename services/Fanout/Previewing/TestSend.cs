using Cdp.Destinations.Delivery;

namespace Cdp.Fanout.Previewing;

/// <summary>The result of sending the event of a preview once.</summary>
/// <param name="Result">What the destination answered.</param>
/// <param name="Duration">How long that took.</param>
public sealed record TestSend(DeliveryResult Result, TimeSpan Duration)
{
    /// <summary>Makes one attempt. Nothing is retried or recorded.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="item">What is sent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Cancels the attempt.</param>
    public static async Task<TestSend> SendAsync(Destination destination, DeliveryItem item, TimeProvider time, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        try
        {
            var result = await destination.SendAsync([item], stopping);
            return new TestSend(result.Items[0], time.GetElapsedTime(started));
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // The engine treats an exception of a destination in the same way.
            return new TestSend(new DeliveryResult.Retry(null, $"{e.GetType().Name}: {e.Message}"), time.GetElapsedTime(started));
        }
    }
}
