using System.Globalization;

namespace Cdp.Testing;

/// <summary>Metrics in the text format of Prometheus.</summary>
public static class MetricsText
{
    /// <summary>The sum of a counter over all label sets that contain a string.</summary>
    /// <param name="text">The response of /metrics.</param>
    /// <param name="name">The name of the metric, or its beginning.</param>
    /// <param name="label">A part of the labels; empty for all.</param>
    public static double Sum(string text, string name, string label = "") => text.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}
