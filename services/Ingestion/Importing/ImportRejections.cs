using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>Why a file is refused, or its import broken off. What was broken off goes on where it stood when the same file is sent again.</summary>
public static class ImportRejections
{
    private const string Resume = "send the same file again with the same fileId, and it goes on where it stopped";

    public static readonly Rejection NotAServer = new(403, "import_not_allowed", "only a source of type server imports files: the key of this one is public, or for webhooks; use the key of another source");
    public static readonly Rejection TooMany = Rejection.Unavailable with { Code = "too_many_imports", Message = "as many imports are running as may (Imports:Concurrent); send the file later" };
    public static readonly Rejection TakenOver = new(409, "taken_over", "another upload of the same file has begun since, and goes on in place of this one; wait for its answer");
    public static readonly Rejection Away = Rejection.Unavailable with { Code = "kafka_away", Message = $"Kafka did not take the file's events in time; {Resume}" };
    public static readonly Rejection Stopping = Rejection.Unavailable with { Code = "stopping", Message = $"the service is being stopped; {Resume}" };
    public static readonly Rejection Broken = new(400, "broken_off", $"the upload broke off before the file's end; {Resume}");

    public static readonly Rejection UnreadableTime = new(400, "unreadable_time", "timestamp or originalTimestamp is not a time such as 2024-06-01T12:00:00Z");

    public static Rejection Changed(string fileId, long lines) => new(
        409, "file_changed", $"'{fileId}' was imported before, and lines 1 to {lines} are not what they were then; send the file as it was to go on with it, or the changed one with another fileId");

    public static Rejection OtherFormat(string fileId, string format) => new(
        409, "file_changed", $"'{fileId}' was imported before as {format}; send it as that, or with another fileId");
}
