using System.Text;
using System.Text.Json;
using Cdp.Contracts;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Producing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Webhooks;

/// <summary>
/// Handles webhooks, which post payloads in their own format: authenticate, verify, map, collect. A payload that the mapping cannot place goes to quarantine
/// and is answered with 200: its sender cannot fix it, and after an error it would retry and finally disable the webhook.
/// </summary>
public sealed class WebhookEndpoint(
    Admission admission, Authentication authentication, EventProducer producer, Collector collector, RateLimits rates, TimeProvider time)
{
    private static readonly string[] CredentialHeaders = ["authorization", "proxy-authorization", "cookie"];

    public async Task<Rejection?> HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var (source, refused) = Authenticate(request);
        if (refused is not null) return refused;
        if (source!.Type != SourceType.Webhook) return Rejection.NoWebhooks;
        if (!producer.IsUp) return Rejection.Unavailable;
        // Some systems test the address with HEAD before they use it. It carries no event.
        if (HttpMethods.IsHead(request.Method))
        {
            await Responses.AcceptAsync(context.Response, new Verdicts());
            return null;
        }
        var receipt = source.Receipt(time.GetUtcNow().UtcDateTime, ip: null);
        using var body = new RequestBody(admission);
        if (await body.ReadAsync(request, source.Limits.RequestBytes, context.RequestAborted) is { } unread) return unread;
        IngestionMetrics.RecordSize(body.Memory.Length);
        var verification = source.Verification!;
        var now = receipt.ReceivedAt;
        refused = Verifier.Verify(verification, name => Single(request.Headers[name]), name => Single(request.Query[name]), body.Signed.Span, now);
        if (refused is not null) return refused;
        if (Read(request, verification, body.Memory, out var received) is { } malformed) return malformed;
        if (verification.Scheme == Scheme.Slack && Challenge(received.Payload.Body) is { } challenge)
        {
            await context.Response.WriteAsync(challenge, context.RequestAborted);
            return null;
        }
        return await CollectAsync(context, source, receipt, received);
    }

    // The query comes before the Authorization header, because a sender may name its source in the query and send its secret by Basic authentication.
    private (Source? Source, Rejection? Refused) Authenticate(HttpRequest request)
    {
        if (Authentication.OfQuery(request) is { } key) return authentication.OfKey(key, request);
        var (source, refused) = authentication.OfRequest(request);
        return source is null && refused is null ? authentication.OfKey(null, request) : (source, refused);
    }

    private static Rejection? Read(HttpRequest request, Verification verification, ReadOnlyMemory<byte> body, out Received received)
    {
        List<string> credentials = ["writeKey"];
        if (verification.SecretParameter is { } parameter) credentials.Add(parameter);
        var sentQuery = request.QueryString.HasValue ? request.QueryString.Value![1..] : "";
        var query = PayloadReader.ReadForm(sentQuery, credentials);
        var headers = Headers(request, verification);
        var (original, encoding, content, malformed) = (body, PayloadReader.Form, query, (Rejection?)null);
        // A signature covers only the body. If it allowed a query as the payload, anyone who has seen one delivery could send any query with its signature.
        if (HttpMethods.IsGet(request.Method) && verification.Scheme is (Scheme.None or Scheme.Secret))
        {
            original = Encoding.UTF8.GetBytes(PayloadReader.Without(sentQuery, credentials));
            if (original.IsEmpty) malformed = Rejection.EmptyBody;
        }
        else
        {
            malformed = PayloadReader.Read(body.Span, request.ContentType, out content, out encoding);
        }
        received = new Received(original, encoding, headers, new Payload(content, JsonSerializer.SerializeToElement(headers), query));
        return malformed;
    }

    private async Task<Rejection?> CollectAsync(HttpContext context, Source source, Receipt receipt, Received received)
    {
        var mapped = source.Mapping!.Map(received.Payload, new MappingLimits(source.Limits.RequestBytes, source.Limits.RequestBytes));
        var verdicts = new Verdicts();
        if (mapped.Events.Count == 0 && mapped.Faults.Count == 0)
        {
            IngestionMetrics.CountIgnored(source.Id);
            await Responses.AcceptAsync(context.Response, verdicts);
            return null;
        }
        var faults = mapped.Faults;
        if (mapped.Events.Count > 0)
        {
            var result = await collector.CollectAsync(Batch(mapped.Events), Shape.Batch, source, receipt);
            if (result.Refused is { Status: 429 or 503 } temporary) return temporary;
            if (result.Verdicts is { } collected && collected.Accepted + collected.Suppressed > 0) verdicts = collected;
            // None of the mapped events is acceptable, so the original payload goes to quarantine.
            else faults = [.. faults, .. Refusals(result)];
        }
        if (faults.Count > 0)
        {
            // The collector has already counted the mapped events against the rate. Counting them twice would refuse, on every attempt, a payload that uses up
            // the rest of the rate.
            if (mapped.Events.Count == 0 && rates.Take(source, 1) is { } overRate) return overRate;
            if (await QuarantineAsync(receipt, received, faults) is { } notStored) return notStored;
        }
        foreach (var fault in faults) verdicts.Rejected.Add((fault.Item, Rejection.Unplaced(fault.Message)));
        IngestionMetrics.CountEvents(source.Id, verdicts);
        await Responses.AcceptAsync(context.Response, verdicts);
        return null;
    }

    private async Task<Rejection?> QuarantineAsync(Receipt receipt, Received received, IReadOnlyList<MappingFault> faults)
    {
        var acknowledgement = producer.Begin();
        var record = UnplacedPayload.Record(received.Original.Span, received.Encoding, received.Headers, faults, receipt);
        if (!producer.TryAppend(Topics.EventsQuarantined, null, record, Collector.TraceHeaders(), acknowledgement)) return Rejection.Unavailable;
        return await acknowledgement.WaitAsync() ? null : Rejection.Unavailable;
    }

    private static IEnumerable<MappingFault> Refusals(CollectResult result) => result.Refused is { } refused
        ? [new MappingFault("", $"the mapped events were refused: {refused.Message}")]
        : result.Verdicts!.Rejected.Select(item => new MappingFault("", $"mapped event {item.Index} was refused: {item.Rejection.Message}"));

    private static byte[] Batch(IReadOnlyList<byte[]> events)
    {
        using var batch = new MemoryStream();
        batch.Write("{\"batch\":["u8);
        for (var i = 0; i < events.Count; i++)
        {
            if (i > 0) batch.WriteByte((byte)',');
            batch.Write(events[i]);
        }
        batch.Write("]}"u8);
        return batch.ToArray();
    }

    private static Dictionary<string, string> Headers(HttpRequest request, Verification verification)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in request.Headers)
        {
            var lower = name.ToLowerInvariant();
            var isCredential = CredentialHeaders.Contains(lower) || lower.Equals(verification.SecretHeader, StringComparison.OrdinalIgnoreCase);
            if (!isCredential) headers[lower] = Values.WellFormed(value.ToString());
        }
        return headers;
    }

    // Slack verifies a new endpoint with a challenge, a string that the endpoint must return.
    private static string? Challenge(JsonElement body) =>
        Values.Text(Values.Member(body, "type")) == "url_verification" ? Values.Text(Values.Member(body, "challenge")) : null;

    private static string? Single(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();

    // Original is the payload as it was sent, for quarantine.
    private sealed record Received(ReadOnlyMemory<byte> Original, string Encoding, Dictionary<string, string> Headers, Payload Payload);
}
