namespace Cdp.Chaos.Oracle;

/// <summary>The position of a record in a known topic.</summary>
public readonly record struct Position(int Partition, long Offset)
{
    public override string ToString() => $"{Partition}@{Offset}";
}

/// <summary>A record of events.collected.</summary>
/// <param name="At">Its position.</param>
/// <param name="Event">The index of its event in the population; -1: not an event of the population.</param>
/// <param name="ReceivedAt">When ingestion received it.</param>
public readonly record struct CollectedRecord(Position At, int Event, DateTime ReceivedAt);
