using System.Collections.Concurrent;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Tests;

/// <summary>A destination that answers as the test says, and keeps what it received.</summary>
/// <param name="answer">Answers a request. It is given the messageIds, and the attempt at the first of them, beginning with 1.</param>
/// <param name="batch">How many items a request may hold.</param>
internal sealed class ScriptedDestination(Func<IReadOnlyList<string>, int, CancellationToken, Task<SendResult>> answer, BatchRule? batch = null) : Destination
{
    private readonly ConcurrentDictionary<string, int> _attempts = new();

    public ScriptedDestination(Func<string, int, DeliveryResult> answer)
        : this((messages, attempt, _) => Task.FromResult(SendResult.PerItem([.. messages.Select(message => answer(message, attempt))])))
    {
    }

    public static DeliveryResult Ok { get; } = new DeliveryResult.Delivered(200);

    public static DeliveryResult Failed { get; } = new DeliveryResult.Retry(503, "HTTP 503");

    /// <summary>Every request, with the messageIds of its items, in the order of arrival.</summary>
    public ConcurrentQueue<IReadOnlyList<string>> Requests { get; } = new();

    /// <summary>The items that were accepted, in order.</summary>
    public ConcurrentQueue<DeliveryItem> Accepted { get; } = new();

    public IEnumerable<string> AcceptedMessages => Accepted.Select(item => item.MessageId);

    public override BatchRule Batch(string action) => batch ?? BatchRule.Single;

    public override string Preview(IReadOnlyList<DeliveryItem> items) => $"POST {string.Join(' ', items.Select(item => item.MessageId))}";

    public override async Task<SendResult> SendAsync(IReadOnlyList<DeliveryItem> items, CancellationToken stopping)
    {
        string[] messages = [.. items.Select(item => item.MessageId)];
        Requests.Enqueue(messages);
        var attempt = _attempts.AddOrUpdate(messages[0], 1, (_, before) => before + 1);
        var result = await answer(messages, attempt, stopping);
        foreach (var (item, one) in items.Zip(result.Items).Where(pair => pair.Second is DeliveryResult.Delivered)) Accepted.Enqueue(item);
        return result;
    }
}
