namespace Cdp.Ingestion.Importing;

/// <summary>What became of rows.</summary>
/// <param name="Accepted">Became events.</param>
/// <param name="Rejected">Went to quarantine.</param>
/// <param name="Ignored">A rule of the mapping says that they become nothing.</param>
/// <param name="Suppressed">Of users who are not to be followed.</param>
/// <param name="Events">The events that they became; a mapping may make several of one row.</param>
public readonly record struct Tally(long Accepted, long Rejected, long Ignored, long Suppressed, long Events)
{
    public long Rows => Accepted + Rejected + Ignored + Suppressed;

    public static Tally operator +(Tally left, Tally right) => new(
        left.Accepted + right.Accepted, left.Rejected + right.Rejected, left.Ignored + right.Ignored, left.Suppressed + right.Suppressed, left.Events + right.Events);
}
