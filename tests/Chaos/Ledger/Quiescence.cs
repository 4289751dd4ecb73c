using System.Diagnostics;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Confluent.Kafka;

namespace Cdp.Chaos.Ledger;

/// <summary>Waits until nothing changes any more.</summary>
public static class Quiescence
{
    private static readonly TimeSpan StableFor = TimeSpan.FromSeconds(2);

    // A dead process keeps its open transaction until it times out after 15 s, and its partitions for 10 s.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);

    private static readonly (string Group, Topic[] Inputs)[] Groups =
    [
        ("validation", [Topics.EventsCollected]),
        ("identity-resolver", [Topics.EventsValidated]),
        ("identity-linker", [Topics.IdentityRequests]),
        ("profiles", [Topics.EventsIdentified, Topics.ProfilesTransfers]),
        .. DestinationIds.All.Select(destination => ($"fanout-{destination}", new[] { Topics.EventsIdentified, Topics.DeliveriesRequests })),
    ];

    /// <returns>What each consumer group left unprocessed, and the events that wait to be sent again; empty if all is processed.</returns>
    public static async Task<IReadOnlyList<string>> WaitAsync(CommittedLog log, WebhookReceiver webhook, CancellationToken stopping)
    {
        var (lastObserved, since) = ("", Stopwatch.GetTimestamp());
        while (true)
        {
            await Task.Delay(250, stopping);
            try
            {
                var (ends, isSettled) = log.Ends();
                var now = $"{ends}; {webhook.Requests}";
                if (now != lastObserved) (lastObserved, since) = (now, Stopwatch.GetTimestamp());
                else if (isSettled && Stopwatch.GetElapsedTime(since) > StableFor)
                {
                    string[] lags = [.. Groups.SelectMany(group => log.Lags(group.Group, group.Inputs)), .. DestinationIds.All.SelectMany(log.Waiting)];
                    if (lags.Length == 0 || Stopwatch.GetElapsedTime(since) > StuckAfter) return lags;
                }
                else if (Stopwatch.GetElapsedTime(since) > 2 * StuckAfter) return [$"a transaction stays open: {ends}"];
            }
            catch (KafkaException) when (Stopwatch.GetElapsedTime(since) < StuckAfter)
            {
                // The broker is still starting.
            }
        }
    }
}
