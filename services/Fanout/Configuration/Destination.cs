using Cdp.Destinations;

namespace Cdp.Fanout.Configuration;

/// <summary>A destination as its file describes it.</summary>
/// <param name="Id">Names its consumer group, its records and its switch in an event's <c>integrations</c>.</param>
/// <param name="Subscription">Which events it takes.</param>
/// <param name="Webhook">Where they go.</param>
/// <param name="MaxAttempts">How many answers an event may get before it is given up.</param>
/// <param name="Concurrency">How many profiles' events are under way at once.</param>
public sealed record Destination(string Id, Subscription Subscription, WebhookOptions Webhook, int MaxAttempts, int Concurrency);
