namespace Cdp.Ingestion.Parsing;

/// <summary>
/// Why an event or a whole request was refused: with a 4xx for good, since the same bytes sent again would get the same answer; with 429 or 503 for now.
/// The messages are RudderStack's where RudderStack has one; the codes are ours, and stable.
/// </summary>
/// <param name="Status">The HTTP status when the whole request is refused for it.</param>
public sealed record Rejection(int Status, string Code, string Message)
{
    public static readonly Rejection EmptyBody = new(400, "empty_body", "request body is nil");
    public static readonly Rejection InvalidJson = new(400, "invalid_json", "invalid json");
    public static readonly Rejection InvalidUtf8 = new(400, "invalid_utf8", "invalid json: not UTF-8");
    public static readonly Rejection InvalidEncoding = new(400, "invalid_encoding", "the body is not what its headers say");
    public static readonly Rejection UnknownEncoding = new(415, "unknown_encoding", "Content-Encoding must be gzip, deflate, br or zstd, or absent");
    public static readonly Rejection EmptyBatch = new(400, "empty_batch", "empty batch payload");
    public static readonly Rejection NotAnEvent = new(400, "not_an_event", "event is not a valid rudder event");
    public static readonly Rejection UnknownType = new(400, "unknown_type", "event is not a valid rudder event: type must be track, identify, page, screen, group, alias or merge");
    public static readonly Rejection NoIdentifier = new(400, "no_identifier", "request neither has anonymousId nor userId");
    public static readonly Rejection InvalidMerge = new(400, "invalid_merge", "mergeProperties must be two objects, each with a type and a value");
    public static readonly Rejection NoWriteKey = new(401, "no_write_key", "failed to read writekey from header");
    public static readonly Rejection UnknownWriteKey = new(401, "unknown_write_key", "invalid write key");
    public static readonly Rejection SourceDisabled = new(404, "source_disabled", "source is disabled");
    public static readonly Rejection OnlyWebhooks = new(404, "only_webhooks", "source accepts webhook events only: send to /v1/webhook");
    public static readonly Rejection NoWebhooks = new(404, "no_webhooks", "source does not accept webhook events");
    public static readonly Rejection OriginNotAllowed = new(403, "origin_not_allowed", "the source does not list this origin");

    public static readonly Rejection UnknownPath = new(404, "unknown_path", "there is no such path; /openapi/v1.json lists those that are, /docs explains them");
    public static readonly Rejection WrongMethod = new(405, "wrong_method", "the path is not for this method; the header Allow names those that it is for");

    // SDKs back off by themselves; the time is for those that ask.
    public static readonly Rejection Unavailable = new(503, "unavailable", "service unavailable") { RetryAfter = 5 };

    /// <summary>Seconds until it may go better, where that is known.</summary>
    public int? RetryAfter { get; private init; }

    public static Rejection TooManyEventsPerSecond(TimeSpan wait) => new(429, "too_many_requests", "max requests limit reached") { RetryAfter = (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, 300) };

    public static Rejection NoSignature(string header) => new(401, "no_signature", $"the header {header} is missing");

    public static Rejection BadSignature(string header) => new(401, "bad_signature", $"the header {header} has no signature of this body by the source's secret");

    public static Rejection StaleSignature(TimeSpan tolerance) => new(401, "stale_signature", $"the time that was signed is more than {tolerance.TotalSeconds} s from ours");

    public static Rejection NoSecret(string place) => new(401, "no_secret", $"{place} is missing");

    public static Rejection BadSecret(string place) => new(401, "bad_secret", $"{place} is not the source's secret");

    /// <summary>A payload that goes to quarantine as a whole; its sender, who cannot mend it, is answered 200.</summary>
    public static Rejection Unplaced(string fault) => new(200, "unplaced", fault);

    public static Rejection TooDeep(int limit) => new(400, "too_deep", $"objects and arrays may be nested {limit} deep");

    public static Rejection UnusableText(string member) => new(400, "unusable_text", $"{member} holds a NUL, an unpaired surrogate or bytes that are not UTF-8");

    public static Rejection MessageIdTooLong(int limit) => new(400, "message_id_too_long", $"messageId may have {limit} characters");

    public static Rejection EventTooLarge(int limit) => new(413, "event_too_large", $"request size exceeds max limit: an event may have {limit} bytes");

    public static Rejection RequestTooLarge(int limit) => new(413, "request_too_large", $"request size exceeds max limit: a request may have {limit} bytes, inflated and with the batch's context and integrations counted for each event");

    public static Rejection TooManyEvents(int limit) => new(413, "too_many_events", $"request size exceeds max limit: a batch may have {limit} events");
}
