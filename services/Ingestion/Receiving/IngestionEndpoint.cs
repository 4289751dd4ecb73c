using System.Diagnostics;
using System.Net;
using System.Text;
using Cdp.Contracts;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Ingestion.Receiving;

/// <summary>Answers one request: admit, authenticate, read, judge each event, append, wait for Kafka.</summary>
public sealed class IngestionEndpoint(IngestionOptions options, EventProducer producer, TimeProvider time)
{
    private readonly WriteKeys _writeKeys = new(options.Sources);
    private readonly Admission _admission = new(options.Limits);
    private readonly IReadOnlyList<IPNetwork> _trustedProxies = [.. options.TrustedProxies.Select(proxy => ClientAddress.TryParseNetwork(proxy, out var network) ? network : default)];

    /// <param name="type">The type of the one event that the path announces; null for a batch.</param>
    public async Task AnswerAsync(HttpContext context, string? type)
    {
        Cors.Allow(context.Request, context.Response);
        if (context.Request.Headers.ContainsKey("X-Retry-Count") || context.Request.Headers.ContainsKey("Rsa-Retry-Attempt")) IngestionMetrics.CountRetried();
        if (!_admission.TryEnter())
        {
            await RefuseAsync(context, null, Rejection.Unavailable);
            return;
        }
        try
        {
            await AnswerAdmittedAsync(context, type);
        }
        catch (BadHttpRequestException e)
        {
            // Kestrel cut a body that came too slowly, which may go better next time, or not in the shape that its headers announced.
            await RefuseAsync(context, null, e.StatusCode == StatusCodes.Status408RequestTimeout ? Rejection.Unavailable : Rejection.InvalidEncoding);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // The sender went away; there is nobody to answer.
        }
        finally
        {
            _admission.Leave();
        }
    }

    private async Task AnswerAdmittedAsync(HttpContext context, string? type)
    {
        var header = context.Request.Headers.Authorization.ToString();
        SourceOptions? source = null;
        if (header.Length > 0 && Authenticate(WriteKeys.FromBasic(header), out source) is { } unauthorized)
        {
            await RefuseAsync(context, null, unauthorized);
            return;
        }
        if (!producer.IsUp)
        {
            await RefuseAsync(context, source, Rejection.Unavailable);
            return;
        }

        var receivedAt = time.GetUtcNow().UtcDateTime;
        var acknowledgement = producer.Begin();
        Verdicts verdicts;
        using (var body = new RequestBody(_admission))
        {
            if (await body.ReadAsync(context.Request, options.Limits.RequestBytes, context.RequestAborted) is { } unread)
            {
                await RefuseAsync(context, source, unread);
                return;
            }
            IngestionMetrics.RecordSize(body.Span.Length);
            var malformed = BatchReader.Read(body.Span, type, options.Limits, out var submission);
            // Who has not said who they are learns nothing of what they sent.
            if (source is null) malformed = Authenticate(submission.WriteKey, out source) ?? malformed;
            if (malformed is not null)
            {
                await RefuseAsync(context, source, malformed);
                return;
            }
            var ip = ClientAddress.Find(context.Connection.RemoteIpAddress, context.Request.Headers["X-Forwarded-For"], _trustedProxies);
            var receipt = new Receipt(source!.Id, receivedAt, ip?.ToString());
            if (Append(body.Span, submission, receipt, isBatch: type is null, acknowledgement, out verdicts) is { } refused)
            {
                await RefuseAsync(context, source, refused);
                return;
            }
        }
        if (verdicts.Accepted == 0)
        {
            IngestionMetrics.CountRefused(source.Id, verdicts.Rejected[0].Rejection);
            await (type is null ? Answers.RefuseBatchAsync(context.Response, verdicts) : Answers.RefuseAsync(context.Response, verdicts.Rejected[0].Rejection));
            return;
        }

        var appended = Stopwatch.GetTimestamp();
        if (!await acknowledgement.WaitAsync())
        {
            await RefuseAsync(context, source, Rejection.Unavailable);
            return;
        }
        IngestionMetrics.RecordAck(Stopwatch.GetElapsedTime(appended));
        IngestionMetrics.CountEvents(source.Id, verdicts);
        await Answers.AcceptAsync(context.Response, verdicts);
    }

    private Rejection? Authenticate(string? writeKey, out SourceOptions? source)
    {
        source = null;
        if (string.IsNullOrEmpty(writeKey)) return Rejection.NoWriteKey;
        source = _writeKeys.Find(writeKey);
        if (source is null) return Rejection.UnknownWriteKey;
        return source.Enabled ? null : Rejection.SourceDisabled;
    }

    // Rejected events go to quarantine only beside accepted ones: a refused request writes nothing, since its sender still has it.
    private Rejection? Append(ReadOnlySpan<byte> body, Submission submission, Receipt receipt, bool isBatch, Acknowledgement acknowledgement, out Verdicts verdicts)
    {
        verdicts = new Verdicts();
        var parser = new EventParser(submission, receipt, options.Limits);
        if (parser.Begin(body) is { } refused) return refused;
        var headers = TraceHeaders();
        for (var i = 0; i < submission.Events.Count; i++)
        {
            var parsed = parser.Parse(body, i);
            if (parsed.Rejected is not null)
            {
                verdicts.Rejected.Add((i, parsed.Rejected));
                continue;
            }
            var envelope = parsed.Accepted!.envelope;
            if (!producer.TryAppend(Topics.EventsCollected, envelope.anonymousId ?? envelope.userId, parsed.Accepted, headers, acknowledgement)) return Rejection.Unavailable;
            verdicts.Accepted++;
            if (parsed.ClockBounded) verdicts.ClocksBounded++;
        }
        if (!isBatch || verdicts.Accepted == 0) return null;
        foreach (var (index, rejection) in verdicts.Rejected)
        {
            var scanned = submission.Events[index];
            var record = Quarantine.Record(scanned.Item.Of(body), scanned.Envelope, rejection, receipt);
            if (!producer.TryAppend(Topics.EventsQuarantined, Quarantine.Key(scanned.Envelope), record, headers, acknowledgement)) return Rejection.Unavailable;
        }
        return null;
    }

    private static Headers TraceHeaders()
    {
        var headers = new Headers();
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent }) headers.Add(TraceHeader.Name, Encoding.ASCII.GetBytes(traceParent));
        return headers;
    }

    private static Task RefuseAsync(HttpContext context, SourceOptions? source, Rejection rejection)
    {
        IngestionMetrics.CountRefused(source?.Id, rejection);
        return Answers.RefuseAsync(context.Response, rejection);
    }
}
