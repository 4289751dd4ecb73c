using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Cdp.Destinations;

/// <summary>Where a webhook posts to, and how.</summary>
/// <param name="Url">An http or https URL.</param>
/// <param name="Secret">Signs the body (<see cref="Signature"/>); null: unsigned.</param>
/// <param name="Timeout">How long an answer may take.</param>
/// <param name="Headers">Sent with every request.</param>
public sealed record WebhookOptions(Uri Url, string? Secret, TimeSpan Timeout, IReadOnlyDictionary<string, string> Headers);

/// <summary>What is posted: one event.</summary>
/// <param name="Body">The event as JSON (<see cref="EventJson"/>).</param>
/// <param name="IdempotencyKey">The same for every attempt (<see cref="Destinations.IdempotencyKey"/>).</param>
/// <param name="TraceParent">The trace that the event belongs to, where it is known.</param>
public sealed record WebhookRequest(byte[] Body, string IdempotencyKey, string? TraceParent);

/// <summary>A destination that takes events as HTTP POSTs. Thread-safe; makes one attempt a call and judges the answer.</summary>
public sealed class Webhook(WebhookOptions options, HttpClient client, TimeProvider time)
{
    /// <summary>Headers that every request carries by itself, and no configuration may set.</summary>
    public static readonly IReadOnlySet<string> OwnHeaders = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { IdempotencyHeader, Signature.Header, TraceHeader, "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection" };

    private const string IdempotencyHeader = "Idempotency-Key";
    private const string TraceHeader = "traceparent";
    private const int MaxReason = 256;

    /// <summary>A client as a webhook wants it: no redirects, which would lose the body, and connections renewed so that a moved name is noticed.</summary>
    public static HttpClient CreateClient(int connections) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxConnectionsPerServer = connections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <exception cref="OperationCanceledException">Stopped; whether the destination took the event is not known.</exception>
    public async Task<DeliveryResult> DeliverAsync(WebhookRequest request, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            using var message = Message(request);
            using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await JudgeAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new DeliveryResult.Retry(null, $"no answer within {options.Timeout.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            return new DeliveryResult.Unreachable(e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The connection broke after the request had left, perhaps because of it: that counts as an attempt.
            return new DeliveryResult.Retry(null, e.Message);
        }
    }

    private HttpRequestMessage Message(WebhookRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(request.Body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add(IdempotencyHeader, request.IdempotencyKey);
        if (request.TraceParent is not null) message.Headers.TryAddWithoutValidation(TraceHeader, request.TraceParent);
        if (options.Secret is not null) message.Headers.Add(Signature.Header, Signature.Sign(options.Secret, time.GetUtcNow(), request.Body));
        foreach (var (name, value) in options.Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    private async Task<DeliveryResult> JudgeAsync(HttpResponseMessage answer, CancellationToken stopping)
    {
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode) return new DeliveryResult.Delivered(status);
        var reason = $"HTTP {status} {await ReasonAsync(answer, stopping)}".TrimEnd();
        return answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || status >= 500
            ? new DeliveryResult.Retry(status, reason, After(answer.Headers.RetryAfter))
            : new DeliveryResult.Refused(status, reason);
    }

    private TimeSpan? After(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    // The beginning of the answer's text, which is where destinations say what they did not like.
    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken stopping)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stopping);
        var bytes = new byte[MaxReason];
        var length = await body.ReadAtLeastAsync(bytes, MaxReason, throwOnEndOfStream: false, stopping);
        return Encoding.UTF8.GetString(bytes, 0, length).ReplaceLineEndings(" ").Trim();
    }
}
