using cdp;
using Cdp.Ingestion.Importing.Reading;

namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>What to do with a batch if it is unknown whether its transaction was committed.</summary>
public enum Resumption
{
    /// <summary>The batch was committed: continue with the next.</summary>
    Committed,

    /// <summary>The batch was not committed: write it again.</summary>
    Again,

    /// <summary>A newer upload of the same file has taken over: end this one.</summary>
    TakenOver,
}

/// <summary>
/// How much of a file has been imported. Each batch of events is committed in one transaction with its checkpoint, so readers of committed records never see
/// more or fewer events than the checkpoint says.
/// </summary>
/// <param name="Upload">The id of the request that continues from here.</param>
/// <param name="Format">ndjson, csv or parquet.</param>
/// <param name="End">The position in the file up to which everything has been imported.</param>
/// <param name="Accepted">Rows that became events, or were ignored or suppressed.</param>
/// <param name="Rejected">Rows that went to quarantine.</param>
/// <param name="Events">Events that were committed.</param>
/// <param name="IsComplete">Whether the end of the file was reached.</param>
public sealed record Checkpoint(string Upload, string Format, FilePosition End, long Accepted, long Rejected, long Events, bool IsComplete)
{
    /// <summary>The settings of the import (<see cref="ImportSettings"/>); empty in checkpoints that were written before settings were stored.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public long Rows => Accepted + Rejected;

    public bool IsBeginning => End.Bytes == 0;

    public static Checkpoint Begin(string upload, IReadOnlyDictionary<string, string> settings) =>
        new(upload, settings["format"], default, 0, 0, 0, false) { Settings = settings };

    /// <summary>The checkpoint at which an upload starts.</summary>
    /// <param name="found">The stored checkpoint of the file; null if there is none.</param>
    /// <param name="upload">The id of the upload.</param>
    /// <param name="settings">The settings of the upload.</param>
    /// <returns>The checkpoint, and the settings that differ from the stored ones. If there are any, the upload is refused.</returns>
    public static (Checkpoint Start, IReadOnlyList<string> Differences) Continue(Checkpoint? found, string upload, IReadOnlyDictionary<string, string> settings)
    {
        // If nothing of the file has been imported yet, any settings will do.
        if (found is null || found.IsBeginning) return (Begin(upload, settings), []);
        var before = new Dictionary<string, string>(found.Settings) { ["format"] = found.Format };
        return (found with { Upload = upload, Settings = settings }, [.. ImportSettings.Differences(before, settings)]);
    }

    /// <summary>The checkpoint after a batch.</summary>
    public Checkpoint Plus(Tally tally, FilePosition end, bool isLast) => this with
    {
        End = end,
        Accepted = Accepted + tally.Accepted + tally.Ignored + tally.Suppressed,
        Rejected = Rejected + tally.Rejected,
        Events = Events + tally.Events,
        IsComplete = isLast,
    };

    /// <summary>Decides how to continue after a commit with an unknown result.</summary>
    /// <param name="after">The checkpoint of that commit.</param>
    /// <param name="found">The stored checkpoint, read once that commit can no longer succeed.</param>
    public static Resumption Resume(Checkpoint after, Checkpoint? found)
    {
        if (found?.Upload != after.Upload) return Resumption.TakenOver;
        return found.End.IsSameAs(after.End) && found.IsComplete == after.IsComplete ? Resumption.Committed : Resumption.Again;
    }

    public static Checkpoint Read(ImportCheckpoint record) =>
        new(
            record.upload,
            record.format,
            new FilePosition(record.lines, record.position, record.hash),
            record.accepted,
            record.rejected,
            record.events,
            record.complete)
        {
            Settings = record.settings.AsReadOnly(),
        };

    public ImportCheckpoint Record(string sourceId, string fileId, DateTime now) => new()
    {
        sourceId = sourceId,
        fileId = fileId,
        upload = Upload,
        format = Format,
        lines = End.Lines,
        position = End.Bytes,
        hash = End.Hash.ToArray(),
        accepted = Accepted,
        rejected = Rejected,
        events = Events,
        complete = IsComplete,
        settings = new Dictionary<string, string>(Settings),
        writtenAt = now,
    };
}
