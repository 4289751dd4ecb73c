using System.Globalization;

namespace Cdp.Benchmarks.Measuring;

/// <summary>A loop against the bare copy of the same records, alternating. The result is the median.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Rounds">The records per second of the bare copy, and what the loop did.</param>
internal sealed record ConsumingRounds(string Name, IReadOnlyList<(double Bare, Drained Own)> Rounds)
{
    public double PerSecond => Median(round => round.Own.PerSecond);
    public double Cpu => Median(round => round.Own.Cpu);

    /// <summary>The row of the table with <see cref="Head"/>.</summary>
    public string[] Row() =>
    [
        Name, $"{Median(round => round.Bare):N0}", $"{PerSecond:N0}", $"{Ratio:P0}",
        string.Join(' ', Rounds.Select(round => $"{round.Own.PerSecond / round.Bare:P0}")),
        Micros(Cpu), Micros(Median(round => round.Own.InfraCpu)), $"{Median(round => round.Own.Allocated):N0}", Verdict("≥ 50%", Ratio >= 0.5),
    ];

    public static string[] Head => ["loop", "bare copy/s", "loop/s", "loop : bare", "each round", "CPU µs", "Kafka + Redis µs", "bytes allocated", "budget"];

    public static string Verdict(string budget, bool isMet) => $"{budget} {(isMet ? "met" : "MISSED")}";

    private double Ratio => Median(round => round.Own.PerSecond / round.Bare);

    private double Median(Func<(double Bare, Drained Own), double> of) => Rounds.Select(of).Order().ElementAt(Rounds.Count / 2);

    private static string Micros(double seconds) => (seconds * 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
