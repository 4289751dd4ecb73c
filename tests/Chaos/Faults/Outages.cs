using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Faults;

/// <summary>Outages of the flaky destination. Each lasts until an instance of fan-out is in the state in which it has to be killed.</summary>
public sealed class Outages(Installation installation, WebhookReceiver webhook)
{
    // Too few failures to open the circuit breaker.
    private const int PartialPercent = 20;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    /// <summary>Answers 503 to every request until the circuit breaker of an instance is open, and kills that instance.</summary>
    public Task<string> FailUntilSuspendedAsync(TimeSpan downtime, CancellationToken stopping) =>
        FailAsync(100, "cdp_fanout_breaker", "a circuit breaker is open", downtime, stopping);

    /// <summary>Answers 503 for some profiles until their events wait to be sent again, and kills the instance for which they wait.</summary>
    public Task<string> FailUntilParkedAsync(TimeSpan downtime, CancellationToken stopping) =>
        FailAsync(PartialPercent, "cdp_fanout_parked{", "events wait to be sent again", downtime, stopping);

    private async Task<string> FailAsync(int percent, string metric, string condition, TimeSpan downtime, CancellationToken stopping)
    {
        webhook.Fail(percent);
        try
        {
            (ManagedProcess? Process, double Value) found = default;
            await Wait.UntilAsync(async () => (found = await FindAsync(metric)).Process is not null, Bound, condition, stopping);
            var failing = webhook.Failing;
            found.Process!.Kill();
            // The other instance takes over while the destination still fails.
            await Task.Delay(downtime, stopping);
            found.Process.Start();
            return $"for {percent}% of the profiles; {found.Process.Name} was killed while {condition} ({found.Value:0}; {failing} failing)";
        }
        finally
        {
            webhook.Fail(0);
        }
    }

    private async Task<(ManagedProcess? Process, double Value)> FindAsync(string metric)
    {
        // The metric is up to a second old: the destination must still be failing events.
        if (webhook.Failing == 0) return default;
        foreach (var process in installation.Processes.Where(process => process.Kind == "fanout"))
        {
            if (await installation.MetricAsync(process, metric, $"destination=\"{DestinationIds.Flaky}\"") is > 0 and var value) return (process, value);
        }
        return default;
    }
}
