namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>Counts of rows by result.</summary>
/// <param name="Accepted">Rows that became events.</param>
/// <param name="Rejected">Rows that went to quarantine.</param>
/// <param name="Ignored">Rows that a rule of the mapping ignores.</param>
/// <param name="Suppressed">Rows of suppressed users.</param>
/// <param name="Events">The events that the accepted rows became. A mapping may turn one row into several events.</param>
public readonly record struct Tally(long Accepted, long Rejected, long Ignored, long Suppressed, long Events)
{
    public long Rows => Accepted + Rejected + Ignored + Suppressed;

    public static Tally operator +(Tally left, Tally right) => new(
        left.Accepted + right.Accepted,
        left.Rejected + right.Rejected,
        left.Ignored + right.Ignored,
        left.Suppressed + right.Suppressed,
        left.Events + right.Events);
}
