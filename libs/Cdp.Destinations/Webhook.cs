using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cdp.Destinations.Delivery;

namespace Cdp.Destinations;

/// <summary>The options of a webhook.</summary>
/// <param name="Url">An http or https URL.</param>
/// <param name="Secret">The secret that signs the body (<see cref="Signature"/>); null for no signature.</param>
/// <param name="Timeout">How long a response may take.</param>
/// <param name="Headers">Headers to send with every request.</param>
public sealed record WebhookOptions(Uri Url, string? Secret, TimeSpan Timeout, IReadOnlyDictionary<string, string> Headers);

/// <summary>A request: one event.</summary>
/// <param name="Body">The event as JSON (<see cref="EventJson"/>).</param>
/// <param name="IdempotencyKey">A key that is the same for every attempt (<see cref="Destinations.IdempotencyKey"/>).</param>
/// <param name="TraceParent">The W3C trace context of the event; null if unknown.</param>
public sealed record WebhookRequest(byte[] Body, string IdempotencyKey, string? TraceParent);

/// <summary>Sends events to an HTTP endpoint. Each call makes one attempt and interprets the response. Thread-safe.</summary>
public sealed class Webhook(WebhookOptions options, HttpClient client, TimeProvider time)
{
    /// <summary>Headers that every request has already. The configuration cannot set them.</summary>
    public static readonly IReadOnlySet<string> OwnHeaders = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        IdempotencyHeader, Signature.Header, TraceHeader, "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection",
    };

    private const string IdempotencyHeader = "Idempotency-Key";
    private const string TraceHeader = "traceparent";
    private const int MaxReason = 256;

    /// <summary>
    /// An HTTP client for webhooks: it follows no redirects, which would lose the body, and renews connections, so that changes in DNS are noticed.
    /// </summary>
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

    /// <summary>Makes one attempt.</summary>
    /// <exception cref="OperationCanceledException">The attempt was cancelled, and it is unknown whether the destination accepted the event.</exception>
    public async Task<DeliveryResult> DeliverAsync(WebhookRequest request, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            using var message = Message(request);
            using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await InterpretAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new DeliveryResult.Retry(null, $"no response within {options.Timeout.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException e) when (e.HttpRequestError is
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            return new DeliveryResult.Unreachable(e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The connection broke after the request was sent, perhaps because of it, so this counts as an attempt.
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

    private async Task<DeliveryResult> InterpretAsync(HttpResponseMessage answer, CancellationToken stopping)
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

    // The beginning of the response body, where destinations usually explain what is wrong.
    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken stopping)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stopping);
        var bytes = new byte[MaxReason];
        var length = await body.ReadAtLeastAsync(bytes, MaxReason, throwOnEndOfStream: false, stopping);
        return Encoding.UTF8.GetString(bytes, 0, length).ReplaceLineEndings(" ").Trim();
    }
}
