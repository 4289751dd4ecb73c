using System.Diagnostics.Metrics;

namespace Cdp.Profiles.Storing;

/// <summary>The metrics of the service besides those of the loop.</summary>
internal static class ProfileMeters
{
    private static readonly Meter Meter = new($"Cdp.{ProfilesLoop.Options.Service}");

    private static readonly Counter<long> Cut = Meter.CreateCounter<long>(
        "cdp.profiles.cut",
        "{profile}",
        "Profiles that reached a bound for the first time, by part: traits, trait_values, events, identifiers, absorbed, shared_keys");

    private static readonly Counter<long> SplitFailures = Meter.CreateCounter<long>(
        "cdp.profiles.splits.failures", "{failure}", "Failed attempts of split jobs");

    private static readonly Gauge<int> GivenUp = Meter.CreateGauge<int>(
        "cdp.profiles.splits.given_up", "{split}", "Splits that failed too often and wait for a restart");

    /// <summary>Counts a part of a profile that was cut for the first time.</summary>
    public static void PartCut(string part) => Cut.Add(1, new KeyValuePair<string, object?>("what", part));

    public static void SplitFailed() => SplitFailures.Add(1);

    public static void SplitsGivenUp(int count) => GivenUp.Record(count);
}
