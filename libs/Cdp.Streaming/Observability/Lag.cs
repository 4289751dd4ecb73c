using System.Globalization;
using Confluent.Kafka;

namespace Cdp.Streaming.Observability;

/// <summary>How far a group is behind in one partition, observed from outside the loop. Pure.</summary>
/// <param name="Partition">The partition, with the full name of the topic.</param>
/// <param name="Records">The number of offsets between the committed one and the end; 0 if only transaction markers are in between.</param>
/// <param name="Oldest">The Kafka timestamp of the first uncommitted record; null if every record is committed.</param>
/// <param name="At">The time of the observation.</param>
internal sealed record Lag(TopicPartition Partition, long Records, DateTime? Oldest, DateTime At)
{
    /// <summary>
    /// How many seconds the first uncommitted record has been waiting. While the loop commits nothing, that record keeps waiting and the result grows with
    /// <paramref name="now"/>. Once the loop has committed again, the result stays as it was at the observation.
    /// </summary>
    public double Seconds(DateTime now, DateTime lastCommit) =>
        Oldest is { } oldest ? Math.Max(0, ((lastCommit > At ? At : now) - oldest).TotalSeconds) : 0;

    /// <summary>The lag as /health/ready shows it; empty if no record is waiting.</summary>
    public static string Summary(IReadOnlyCollection<Lag> lags, DateTime now, DateTime lastCommit)
    {
        var records = lags.Sum(lag => lag.Records);
        return records == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"lag: {records} records, {lags.Max(lag => lag.Seconds(now, lastCommit)):0.0} s");
    }
}
