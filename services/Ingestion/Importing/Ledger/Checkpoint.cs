using cdp;
using Cdp.Ingestion.Importing.Reading;

namespace Cdp.Ingestion.Importing.Ledger;

/// <summary>What is to be done with a batch whose commit has no known outcome.</summary>
public enum Resumption
{
    /// <summary>It is in the log.</summary>
    Committed,

    /// <summary>Nothing of it is.</summary>
    Again,

    /// <summary>Another upload of the same file goes on; this one ends.</summary>
    TakenOver,
}

/// <summary>How far a file is in the log. Each batch of events is in one transaction with the checkpoint behind it, so that what a reader sees is never more or less than the checkpoint says.</summary>
/// <param name="Upload">The request that goes on from here.</param>
/// <param name="Format">ndjson, csv or parquet.</param>
/// <param name="End">Everything before it is done.</param>
/// <param name="Accepted">Rows that became events, or were passed over.</param>
/// <param name="Rejected">Rows in quarantine.</param>
/// <param name="Events">Events in the log.</param>
/// <param name="IsComplete">The file's end was reached.</param>
public sealed record Checkpoint(string Upload, string Format, Place End, long Accepted, long Rejected, long Events, bool IsComplete)
{
    public long Rows => Accepted + Rejected;

    public bool IsBeginning => End.Position == 0;

    public static Checkpoint Begin(string upload, string format) => new(upload, format, default, 0, 0, 0, false);

    /// <summary>Behind a batch.</summary>
    public Checkpoint Plus(Tally tally, Place end, bool isLast) =>
        this with { End = end, Accepted = Accepted + tally.Accepted + tally.Ignored + tally.Suppressed, Rejected = Rejected + tally.Rejected, Events = Events + tally.Events, IsComplete = isLast };

    /// <summary>What the ledger tells after a commit that may or may not have come through.</summary>
    /// <param name="after">The checkpoint of that commit.</param>
    /// <param name="found">What the ledger says now, when nothing of that commit can come any more.</param>
    public static Resumption Resume(Checkpoint after, Checkpoint? found)
    {
        if (found?.Upload != after.Upload) return Resumption.TakenOver;
        return found.End.IsSameAs(after.End) && found.IsComplete == after.IsComplete ? Resumption.Committed : Resumption.Again;
    }

    public static Checkpoint Read(ImportCheckpoint record) =>
        new(record.upload, record.format, new Place(record.lines, record.position, record.hash), record.accepted, record.rejected, record.events, record.complete);

    public ImportCheckpoint Record(string sourceId, string fileId, DateTime now) => new()
    {
        sourceId = sourceId,
        fileId = fileId,
        upload = Upload,
        format = Format,
        lines = End.Lines,
        position = End.Position,
        hash = End.Hash.ToArray(),
        accepted = Accepted,
        rejected = Rejected,
        events = Events,
        complete = IsComplete,
        writtenAt = now,
    };
}
