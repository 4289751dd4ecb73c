namespace Cdp.Destinations.Delivery;

/// <summary>What became of the items of one request.</summary>
public sealed class SendResult
{
    private SendResult(IReadOnlyList<DeliveryResult> items, bool isWhole) => (Items, IsWhole) = (items, isWhole);

    /// <summary>The result of each item, in the order of the request.</summary>
    public IReadOnlyList<DeliveryResult> Items { get; }

    /// <summary>
    /// Whether the destination answered for the request as a whole, without saying which items are at fault. If such a request is refused, its halves are
    /// tried, so that one invalid item does not prevent the delivery of the others.
    /// </summary>
    public bool IsWhole { get; }

    /// <summary>One result for all items.</summary>
    public static SendResult Whole(DeliveryResult result, int items) => new([.. Enumerable.Repeat(result, items)], isWhole: true);

    /// <summary>A result for each item, in the order of the request.</summary>
    public static SendResult PerItem(IReadOnlyList<DeliveryResult> results) => new(results, isWhole: false);
}
