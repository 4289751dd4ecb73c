namespace Cdp.Chaos.Settings;

/// <summary>Odd input that real senders produce. Each kind has one documented outcome.</summary>
public enum OddInput
{
    // Refused by ingestion and kept in events.quarantined.

    /// <summary>A type that the contract does not define.</summary>
    UnknownType,

    /// <summary>Neither an anonymousId nor a userId.</summary>
    NoIdentifier,

    /// <summary>One byte over the maximum size of an event.</summary>
    TooLarge,

    /// <summary>Nested deeper than allowed.</summary>
    TooDeep,

    /// <summary>A messageId longer than allowed.</summary>
    LongMessageId,

    /// <summary>Half a surrogate pair in an identifier.</summary>
    LoneSurrogateInId,

    // Accepted, with the same result as the plain form.

    /// <summary>Exactly the maximum size of an event.</summary>
    MaximumSize,

    /// <summary>The name and the value of <c>type</c> written with escapes.</summary>
    EscapedType,

    /// <summary>A user id that is a number, in several notations.</summary>
    NumericUserId,

    /// <summary>Identifiers surrounded by white space or invisible characters.</summary>
    PaddedId,

    /// <summary>A time as a database or a programming language prints it.</summary>
    DatabaseTimestamp,

    /// <summary>An implausible sentAt, which is ignored.</summary>
    ImplausibleSentAt,

    // Accepted, with a documented outcome.

    /// <summary>A placeholder as the anonymousId: it identifies nobody.</summary>
    PlaceholderId,

    /// <summary>Half a surrogate pair in the name and the value of a trait: each half becomes U+FFFD.</summary>
    LoneSurrogateInTrait,

    /// <summary>An unreadable or implausible time: the event gets its time of receipt.</summary>
    InvalidTimestamp,

    /// <summary>The same messageId again with only the user id, and therefore another topic key: it counts as another event.</summary>
    RetryUnderAnotherKey,

    /// <summary>A merge or alias of two customers, sent with a web page's write key, which is public: limits apply.</summary>
    MergeByWebKey,
}
