namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>The answer to a generated request, and the records that it has left in the topics. The two must agree.</summary>
internal sealed class FuzzOutcome(FuzzKind kind)
{
    public FuzzKind Kind { get; } = kind;

    /// <summary>Whether the request went to an endpoint of the SDKs.</summary>
    public bool Collects { get; init; }

    /// <summary>The status of the last answer, or 0 if there was none.</summary>
    public int Status { get; set; }

    /// <summary>How many events the answers report as accepted. They must be in events.collected.</summary>
    public int Accepted { get; set; }

    /// <summary>The messageIds of the accepted events, with null for those that the service derives; null if they are unknown.</summary>
    public List<string?>? MessageIds { get; set; }

    /// <summary>How many events the answers report as rejected along with accepted ones. They must be in events.quarantined.</summary>
    public int Rejected { get; set; }

    /// <summary>How many of the accepted events may be dropped because their user is suppressed, if the messageIds are unknown.</summary>
    public int MaySuppress { get; set; }

    /// <summary>Whether some of the request was not answered, or answered with 503: its events may or may not be in the topics.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The messageIds of its records in events.collected.</summary>
    public List<string> Collected { get; } = [];

    /// <summary>The number of its records in events.quarantined.</summary>
    public int Quarantined { get; set; }

    /// <summary>How the topics contradict the answers, or null if they agree.</summary>
    public string? FindContradiction()
    {
        if (IsOpen) return Collected.Count < Accepted - MaySuppress ? Description : null;
        if (Kind == FuzzKind.Broken) return Accepted == 0 && Collected.Count + Quarantined > 0 ? Description : null;
        if (Quarantined != Rejected) return Description;
        if (MessageIds is null) return Collected.Count > Accepted || Collected.Count < Accepted - MaySuppress ? Description : null;
        var found = Collected.ToList();
        var derived = MessageIds.Count(id => id is null);
        var isEachThere = MessageIds.Where(id => id is not null).All(id => found.Remove(id!));
        return isEachThere && found.Count == derived && found.TrueForAll(id => id.Length == 32) ? null : Description;
    }

    private string Description =>
        $"answered {Status} with {Accepted} accepted [{string.Join(", ", MessageIds ?? [])}] and {Rejected} rejected, but {Collected.Count} are collected "
        + $"[{string.Join(", ", Collected)}] and {Quarantined} quarantined";
}
