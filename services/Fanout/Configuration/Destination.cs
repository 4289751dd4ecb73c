using Cdp.Destinations;

namespace Cdp.Fanout.Configuration;

/// <summary>A destination as its file describes it.</summary>
/// <param name="Id">Names its consumer group, its records, and its switch in the <c>integrations</c> of an event.</param>
/// <param name="Subscription">Which events it receives.</param>
/// <param name="Webhook">Where and how the events are sent.</param>
/// <param name="MaxAttempts">How many requests are sent for an event before the delivery is given up.</param>
/// <param name="Concurrency">For how many profiles events are delivered at the same time.</param>
public sealed record Destination(string Id, Subscription Subscription, WebhookOptions Webhook, int MaxAttempts, int Concurrency);
