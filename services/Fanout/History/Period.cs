namespace Cdp.Fanout.History;

/// <summary>A span of time.</summary>
/// <param name="Since">Its beginning, in UTC.</param>
/// <param name="Until">Its end, in UTC, which does not belong to it.</param>
public sealed record Period(DateTime Since, DateTime Until)
{
    public bool Contains(DateTime time) => time >= Since && time < Until;

    /// <summary>The period with a later end.</summary>
    public Period Extended(TimeSpan by) => this with { Until = Until < DateTime.MaxValue - by ? Until + by : DateTime.MaxValue };

    /// <summary>The period of a request.</summary>
    /// <param name="since">The beginning that the request names; null for none.</param>
    /// <param name="until">The end that the request names; null for none.</param>
    /// <param name="otherwise">The period of a first page that names neither.</param>
    /// <param name="cursor">The cursor of the request; null for the first page. It holds the period of the first page.</param>
    /// <param name="query">What the request selects (<see cref="Cursor.Fingerprint"/>).</param>
    /// <param name="faults">Receives what is wrong, with the remedy.</param>
    public static Period Of(DateTime? since, DateTime? until, Period otherwise, Cursor? cursor, string query, ICollection<string> faults)
    {
        if (cursor is not null)
        {
            var isSame = (since ?? cursor.Period.Since) == cursor.Period.Since && (until ?? cursor.Period.Until) == cursor.Period.Until;
            if (cursor.Query != query || !isSame)
                faults.Add("the cursor belongs to a request with other criteria; repeat them unchanged, or start again without a cursor");
            return cursor.Period;
        }
        var period = new Period(since ?? otherwise.Since, until ?? otherwise.Until);
        if (period.Since >= period.Until) faults.Add($"the time span ends at {period.Until:O}, before it begins at {period.Since:O}; exchange the two times");
        return period;
    }
}
