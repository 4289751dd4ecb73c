namespace Cdp.Streaming.Consuming;

/// <summary>Where a group begins to read a partition for which it has never committed an offset.</summary>
public sealed class StartPosition
{
    /// <summary>At the first record that is retained.</summary>
    public static readonly StartPosition Earliest = new();

    /// <summary>Behind the last record, at the time of the first start.</summary>
    public static readonly StartPosition Latest = new();

    /// <summary>The time of the first record to read; null for the other two positions.</summary>
    public DateTime? Time { get; private init; }

    /// <summary>At the first record whose Kafka timestamp is this time or later.</summary>
    public static StartPosition At(DateTime time) => new() { Time = time };
}
