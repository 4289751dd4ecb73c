namespace Cdp.Contracts;

/// <summary>
/// Every size limit of the log, in bytes. Strictly ordered: event &lt; record &lt; dead letter &lt; client &lt; topic. So a record that a service accepts
/// always fits into the dead letter that wraps it, the client accepts whatever the services write, and the broker accepts whatever the client sends.
/// </summary>
public static class SizeLimits
{
    /// <summary>
    /// The maximum of <c>Limits:EventBytes</c> of ingestion: the JSON of one event. The envelope, identifiers and violations that later stages add fit into the
    /// rest of <see cref="Record"/>.
    /// </summary>
    public const int Event = 512 * 1024;

    /// <summary>
    /// Key, value and headers of a record on any topic except those that wrap other records. If a decision of a service produces a larger one, its input is
    /// dead-lettered.
    /// </summary>
    public const int Record = 2 * 1024 * 1024;

    /// <summary>
    /// Key, value and headers of a record that wraps another one (<see cref="Cleanup.DeleteLong"/>): dead, quarantined or undeliverable. A dead letter that
    /// would be larger is written without the value of the record.
    /// </summary>
    public const int DeadLetter = 3 * 1024 * 1024;

    /// <summary><c>message.max.bytes</c> of every producer.</summary>
    public const int Client = (3 * 1024 * 1024) + (512 * 1024);

    /// <summary>
    /// <c>max.message.bytes</c> of every topic. It limits a whole batch, including its header and the framing of its records, which the client does not count.
    /// </summary>
    public const int Topic = 4 * 1024 * 1024;

    /// <summary>The maximum length of the error in a dead letter, in characters; the rest is cut off.</summary>
    public const int ErrorCharacters = 4_096;
}
