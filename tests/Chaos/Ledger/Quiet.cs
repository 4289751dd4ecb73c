using System.Diagnostics;
using Cdp.Chaos.Machines;
using Cdp.Chaos.Sending;
using Cdp.Contracts;
using Confluent.Kafka;

namespace Cdp.Chaos.Ledger;

/// <summary>Waits until nothing moves any more.</summary>
public static class Quiet
{
    private static readonly TimeSpan StableFor = TimeSpan.FromSeconds(2);

    // The open transaction of a dead process is there until it times out after 15 s, a dead member's partitions until 10 s.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);

    private static readonly (string Group, Topic[] Inputs)[] Groups =
    [
        ("validation", [Topics.EventsCollected]),
        ("identity-resolver", [Topics.EventsValidated]),
        ("identity-linker", [Topics.IdentityRequests]),
        ("profiles", [Topics.EventsIdentified, Topics.ProfilesTransfers]),
        ($"fanout-{Installation.Destination}", [Topics.EventsIdentified]),
    ];

    /// <summary>Answers what each group has left undone; nothing, when all is well.</summary>
    public static async Task<IReadOnlyList<string>> AwaitAsync(Log log, Webhook hook, CancellationToken stopping)
    {
        var (last, since) = ("", Stopwatch.GetTimestamp());
        while (true)
        {
            await Task.Delay(250, stopping);
            try
            {
                var (ends, isSettled) = log.Ends();
                var now = $"{ends}; {hook.Count}";
                if (now != last) (last, since) = (now, Stopwatch.GetTimestamp());
                else if (isSettled && Stopwatch.GetElapsedTime(since) > StableFor)
                {
                    string[] lags = [.. Groups.SelectMany(group => log.Lags(group.Group, group.Inputs))];
                    if (lags.Length == 0 || Stopwatch.GetElapsedTime(since) > StuckAfter) return lags;
                }
                else if (Stopwatch.GetElapsedTime(since) > 2 * StuckAfter) return [$"a transaction stays open: {ends}"];
            }
            catch (KafkaException) when (Stopwatch.GetElapsedTime(since) < StuckAfter)
            {
                // The broker is just coming up again.
            }
        }
    }
}
