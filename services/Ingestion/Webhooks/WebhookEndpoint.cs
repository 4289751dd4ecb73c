using System.Text;
using System.Text.Json;
using Cdp.Contracts;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Webhooks;

/// <summary>
/// Answers a request of a system that posts what its own form is: authenticate, verify, map, collect. A payload that the mapping cannot place goes to
/// quarantine and is answered 200: its sender cannot mend it, and would send it again or give up the webhook.
/// </summary>
public sealed class WebhookEndpoint(Admission admission, Authentication authentication, EventProducer producer, Collector collector, RateLimits rates, TimeProvider time)
{
    private static readonly string[] CredentialHeaders = ["authorization", "proxy-authorization", "cookie"];

    public async Task AnswerAsync(HttpContext context)
    {
        var (source, refused) = Authenticate(context.Request);
        if ((refused ?? Refuse(source!)) is { } rejection)
        {
            await Answers.RefuseAsync(context, source, rejection);
            return;
        }
        var receipt = new Receipt(source!.Id, time.GetUtcNow().UtcDateTime, Ip: null);
        using var body = new RequestBody(admission);
        if (await body.ReadAsync(context.Request, source.Limits.RequestBytes, context.RequestAborted) is { } unread)
        {
            await Answers.RefuseAsync(context, source, unread);
            return;
        }
        IngestionMetrics.RecordSize(body.Memory.Length);
        var request = context.Request;
        var verification = source.Verification!;
        var now = receipt.ReceivedAt;
        if (Verifier.Verify(verification, name => Single(request.Headers[name]), name => Single(request.Query[name]), body.Signed.Span, now) is { } unproven)
        {
            await Answers.RefuseAsync(context, source, unproven);
            return;
        }
        if (Read(request, verification, body.Memory, out var received) is { } malformed)
        {
            await Answers.RefuseAsync(context, source, malformed);
            return;
        }
        if (verification.Scheme == Scheme.Slack && Challenge(received.Payload.Body) is { } challenge)
        {
            await context.Response.WriteAsync(challenge, context.RequestAborted);
            return;
        }
        await AnswerAsync(context, source, receipt, received);
    }

    // A request may prove itself by Basic authentication and name its source in the query, so the query comes first.
    private (Source? Source, Rejection? Refused) Authenticate(HttpRequest request)
    {
        if (Single(request.Query["writeKey"]) is { Length: > 0 } key) return authentication.OfKey(key, request);
        var (source, refused) = authentication.OfRequest(request);
        return source is null && refused is null ? authentication.OfKey(null, request) : (source, refused);
    }

    private Rejection? Refuse(Source source)
    {
        if (source.Type != SourceType.Webhook) return Rejection.NoWebhooks;
        return producer.IsUp ? null : Rejection.Unavailable;
    }

    private static Rejection? Read(HttpRequest request, Verification verification, ReadOnlyMemory<byte> body, out Received received)
    {
        List<string> credentials = ["writeKey"];
        if (verification.SecretParameter is { } parameter) credentials.Add(parameter);
        var sentQuery = request.QueryString.HasValue ? request.QueryString.Value![1..] : "";
        var query = PayloadReader.ReadForm(sentQuery, credentials);
        var headers = Headers(request, verification);
        var (original, encoding, content, malformed) = (body, PayloadReader.Form, query, (Rejection?)null);
        // A signature covers the body alone, so a query beside it proves nothing: it would be anybody's who has seen one delivery.
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

    private async Task AnswerAsync(HttpContext context, Source source, Receipt receipt, Received received)
    {
        var mapped = source.Mapping!.Map(received.Payload);
        if (mapped.Events.Count == 0 && mapped.Faults.Count == 0)
        {
            IngestionMetrics.CountIgnored(source.Id);
            await Answers.AcceptAsync(context.Response, new Verdicts());
            return;
        }
        var faults = mapped.Faults;
        var verdicts = new Verdicts();
        if (mapped.Events.Count > 0)
        {
            var outcome = await collector.CollectAsync(Batch(mapped.Events), Shape.Batch, source, receipt);
            if (outcome.Refused is { Status: 429 or 503 } later)
            {
                await Answers.RefuseAsync(context, source, later);
                return;
            }
            if (outcome.Verdicts is { } judged && judged.Accepted + judged.Suppressed > 0) verdicts = judged;
            // What the mapping made is refused as a whole, so what it was made of is kept.
            else faults = [.. faults, .. Refusals(outcome)];
        }
        // What the collector has let pass has paid already. Asked again, a payload that takes all that is left would be refused however often it is sent.
        if (faults.Count > 0 && mapped.Events.Count == 0 && rates.Take(source, 1) is { } tooMany)
        {
            await Answers.RefuseAsync(context, source, tooMany);
            return;
        }
        if (faults.Count > 0 && await QuarantineAsync(source, receipt, received, faults) is { } notKept)
        {
            await Answers.RefuseAsync(context, source, notKept);
            return;
        }
        foreach (var fault in faults) verdicts.Rejected.Add((fault.Item, Rejection.Unplaced(fault.Message)));
        IngestionMetrics.CountEvents(source.Id, verdicts);
        await Answers.AcceptAsync(context.Response, verdicts);
    }

    private async Task<Rejection?> QuarantineAsync(Source source, Receipt receipt, Received received, IReadOnlyList<MappingFault> faults)
    {
        var acknowledgement = producer.Begin();
        var record = UnplacedPayload.Record(received.Original.Span, received.Encoding, received.Headers, faults, receipt);
        if (!producer.TryAppend(Topics.EventsQuarantined, null, record, Collector.TraceHeaders(), acknowledgement)) return Rejection.Unavailable;
        return await acknowledgement.WaitAsync() ? null : Rejection.Unavailable;
    }

    private static IEnumerable<MappingFault> Refusals(Outcome outcome) => outcome.Refused is { } refused
        ? [new MappingFault("", $"what the mapping makes of it is refused: {refused.Message}")]
        : outcome.Verdicts!.Rejected.Select(item => new MappingFault("", $"event {item.Index} of what the mapping makes of it is refused: {item.Rejection.Message}"));

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

    // Slack asks a new endpoint to send a text back, once it has proved that it is Slack.
    private static string? Challenge(JsonElement body) =>
        Values.Text(Values.Member(body, "type")) == "url_verification" ? Values.Text(Values.Member(body, "challenge")) : null;

    private static string? Single(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();

    /// <param name="Original">The payload as it was sent.</param>
    private sealed record Received(ReadOnlyMemory<byte> Original, string Encoding, Dictionary<string, string> Headers, Payload Payload);
}
