using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>Why a file is refused or its import aborted. An aborted import resumes when the same file is sent again.</summary>
public static class ImportRejections
{
    private const string Resume = "send the same file again with the same fileId to resume the import";

    public static readonly Rejection NotAServer = new(
        403, "import_not_allowed", "only sources of type server can import files, and this write key belongs to another type; use the key of a server source");

    public static readonly Rejection TooMany = Rejection.Unavailable with
    {
        Code = "too_many_imports",
        Message = "the maximum number of concurrent imports is running (Imports:Concurrent); send the file later",
    };

    public static readonly Rejection TakenOver = new(
        409, "taken_over", "a newer upload of the same file has started and continues in place of this one; wait for its response");

    public static readonly Rejection Away = Rejection.Unavailable with
    {
        Code = "kafka_away",
        Message = $"Kafka did not accept the events of the file in time; {Resume}",
    };

    public static readonly Rejection Stopping = Rejection.Unavailable with { Code = "stopping", Message = $"the service is stopping; {Resume}" };
    public static readonly Rejection Broken = new(400, "broken_off", $"the upload ended before the end of the file; {Resume}");

    /// <param name="fileId">The id of the file.</param>
    /// <param name="lines">How many lines were imported before, the header included.</param>
    /// <param name="hasHeader">Whether the first line is a header.</param>
    public static Rejection Changed(string fileId, long lines, bool hasHeader)
    {
        var first = hasHeader ? 2 : 1;
        var range = lines > first ? $"one of the lines {first} to {lines}" : $"line {first}";
        var changed = !hasHeader ? range : lines < first ? "the header" : $"the header or {range}";
        return new Rejection(
            409,
            "file_changed",
            $"'{fileId}' was imported before, and {changed} has changed since; "
            + "send the original file to resume the import, or the changed file with another fileId to import all of it");
    }

    public static Rejection OtherSettings(string fileId, IEnumerable<string> differences) => new(
        409,
        "settings_changed",
        $"'{fileId}' was imported before with other settings: {string.Join("; ", differences)}. "
        + "Use the same settings to resume the import, or another fileId to import the file again");

    /// <summary>Used for a file that was read to its end.</summary>
    public static Rejection NoneAccepted(string fileId, long rejected) => new(
        400,
        "none_accepted",
        $"none of the {rejected} rows of '{fileId}' is an event; 'faults' lists the lines and reasons. Fix them and send the file with another fileId");
}
