namespace Cdp.DeliveryEngine.Parking;

/// <summary>An event that waits in the retry topic, without the event itself.</summary>
/// <param name="Sequence">Its place in the order of delivery, within the partition.</param>
/// <param name="Offset">The offset of its record in the retry topic.</param>
/// <param name="Attempts">The number of requests that were made for it.</param>
/// <param name="ParkedAt">When the wait began, in UTC.</param>
/// <param name="DueAt">When the next attempt is due, in UTC.</param>
public readonly record struct ParkedItem(long Sequence, long Offset, int Attempts, DateTime ParkedAt, DateTime DueAt);
