using System.Globalization;
using System.Text.Json;
using Cdp.Identifiers.Types;

namespace Cdp.Ingestion.Parsing;

/// <summary>
/// Why an event or a whole request is refused. A 4xx is permanent: the same bytes would be refused again. 429 and 503 are temporary.
/// Messages use RudderStack's wording where RudderStack has one. The codes are our own and stable.
/// </summary>
/// <param name="Status">The HTTP status if the whole request is refused for this reason.</param>
public sealed record Rejection(int Status, string Code, string Message)
{
    public static readonly Rejection EmptyBody = new(400, "empty_body", "request body is nil");
    public static readonly Rejection InvalidJson = new(400, "invalid_json", "invalid json");
    public static readonly Rejection InvalidUtf8 = new(400, "invalid_utf8", "invalid json: not UTF-8");
    public static readonly Rejection InvalidEncoding = new(400, "invalid_encoding", "the body does not match its Content-Encoding or Content-Length");

    public static readonly Rejection UnknownEncoding = new(
        415, "unknown_encoding", "Content-Encoding must name at most three of gzip, deflate, br and zstd, or be absent");

    public static readonly Rejection EmptyBatch = new(400, "empty_batch", "empty batch payload");
    public static readonly Rejection NotAnEvent = new(400, "not_an_event", "event is not a valid rudder event");

    public static readonly Rejection UnknownType = new(
        400, "unknown_type", "event is not a valid rudder event: type must be track, identify, page, screen, group, alias or merge");

    public static readonly Rejection NoIdentifier = new(400, "no_identifier", "request neither has anonymousId nor userId");

    public static readonly Rejection UnreadableTime = new(
        400, "unreadable_time", "timestamp or originalTimestamp must be a time such as 2024-06-01T12:00:00Z, not before 1970-01-02 and not in the future");

    public static readonly Rejection InvalidMerge = new(400, "invalid_merge", "mergeProperties must be two objects, each with a type and a value");

    public static readonly Rejection NoWriteKey = new(
        401, "no_write_key", "failed to read writekey from header: send it as the user name of Basic authentication, or as writeKey in the query or the body");

    public static readonly Rejection UnknownWriteKey = new(
        401,
        "unknown_write_key",
        "invalid write key: no source has it; to create one for a source's file run 'dotnet run --project services/Ingestion -- --new-write-key'");

    public static readonly Rejection SourceDisabled = new(404, "source_disabled", "source is disabled");
    public static readonly Rejection OnlyWebhooks = new(404, "only_webhooks", "source accepts webhook events only: send to /v1/webhook");
    public static readonly Rejection NoWebhooks = new(404, "no_webhooks", "source does not accept webhook events");
    public static readonly Rejection OriginNotAllowed = new(403, "origin_not_allowed", "the source does not list this origin");

    public static readonly Rejection UnknownPath = new(404, "unknown_path", "no such path; see /docs or /openapi/v1.json");
    public static readonly Rejection WrongMethod = new(405, "wrong_method", "the path does not support this method; the Allow header lists those it does");

    // SDKs choose their own delay; Retry-After is for other senders.
    public static readonly Rejection Unavailable = new(503, "unavailable", "service unavailable") { RetryAfter = 5 };

    /// <summary>Seconds after which a retry may succeed; null if unknown.</summary>
    public int? RetryAfter { get; private init; }

    /// <summary>Names the place where a body stops being JSON.</summary>
    /// <param name="error">The parser's exception.</param>
    /// <param name="item">The index of the batch item that contains the place; null if it is outside the items.</param>
    public static Rejection InvalidJsonAt(JsonException error, int? item = null)
    {
        var (line, position) = (error.LineNumber.GetValueOrDefault() + 1, error.BytePositionInLine.GetValueOrDefault() + 1);
        var place = string.Create(CultureInfo.InvariantCulture, $"{InvalidJson.Message} at line {line}, byte {position}");
        return InvalidJson with { Message = item is null ? place : string.Create(CultureInfo.InvariantCulture, $"{place}, in batch[{item}]") };
    }

    public static Rejection TooManyEventsPerSecond(TimeSpan wait) => new(429, "too_many_requests", "max requests limit reached")
    {
        RetryAfter = (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, 300),
    };

    public static Rejection NoSignature(string header) => new(401, "no_signature", $"the header {header} is missing");

    public static Rejection BadSignature(string header) => new(
        401, "bad_signature", $"the header {header} does not contain a signature of this body with a secret of the source");

    public static Rejection StaleSignature(TimeSpan tolerance) => new(
        401, "stale_signature", $"the signed time differs from the server's clock by more than {tolerance.TotalSeconds} s");

    public static Rejection NoSecret(string place) => new(401, "no_secret", $"{place} is missing");

    public static Rejection BadSecret(string place) => new(401, "bad_secret", $"{place} is not the source's secret");

    /// <summary>A webhook payload that goes to quarantine as a whole. It is answered with 200, because its sender cannot fix it.</summary>
    public static Rejection Unplaced(string fault) => new(200, "unplaced", fault);

    public static Rejection TooDeep(int limit) => new(400, "too_deep", $"objects and arrays may be nested at most {limit} deep");

    public static Rejection UnusableText(string member) => new(
        400, "unusable_text", $"{member} contains U+0000, an unpaired surrogate or bytes that are not UTF-8");

    public static Rejection IdentifierTooLong(string member) => new(
        400, "identifier_too_long", $"{member} contains an identifier of more than {IdentifierTypes.MaxValueLength} characters");

    public static Rejection MessageIdTooLong(int limit) => new(400, "message_id_too_long", $"messageId may have at most {limit} characters");

    public static Rejection EventTooLarge(int limit) => new(
        413, "event_too_large", $"request size exceeds max limit: an event may have at most {limit} bytes");

    public static Rejection RequestTooLarge(int limit) => new(
        413,
        "request_too_large",
        $"request size exceeds max limit: a request may have at most {limit} bytes, decompressed, with the batch's context and integrations counted per event");

    public static Rejection TooManyFields(int limit) => new(
        413, "too_many_fields", $"request size exceeds max limit: a form may have at most {limit} fields");

    public static Rejection TooManyEvents(int limit) => new(
        413, "too_many_events", $"request size exceeds max limit: a batch may have at most {limit} events");
}
