using System.Globalization;
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

/// <summary>Sends events to an HTTP endpoint, one per request.</summary>
/// <param name="options">Where and how the events are sent.</param>
/// <param name="connections">The most connections that are open at the same time.</param>
/// <param name="time">The clock.</param>
public sealed class Webhook(WebhookOptions options, int connections, TimeProvider time) : Destination
{
    /// <summary>Headers that every request has already. The configuration cannot set them.</summary>
    public static readonly IReadOnlySet<string> OwnHeaders = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        IdempotencyHeader, Signature.Header, TraceHeader, "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection",
    };

    private const string IdempotencyHeader = "Idempotency-Key";
    private const string TraceHeader = "traceparent";
    private const int MaxReason = 256;

    private readonly HttpClient _client = CreateClient(connections);

    public override string Preview(IReadOnlyList<DeliveryItem> items)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"POST {options.Url}\n");
        foreach (var (name, _) in options.Headers) text.Append(CultureInfo.InvariantCulture, $"{name}: ***\n");
        text.Append(CultureInfo.InvariantCulture, $"{IdempotencyHeader}: {items[0].IdempotencyKey}\n");
        if (options.Secret is not null) text.Append(CultureInfo.InvariantCulture, $"{Signature.Header}: ***\n");
        return text.Append(CultureInfo.InvariantCulture, $"Content-Type: application/json\n\n{items[0].Payload.ToJson()}").ToString();
    }

    public override async Task<SendResult> SendAsync(IReadOnlyList<DeliveryItem> items, CancellationToken stopping) =>
        SendResult.Whole(await SendAsync(items.Single(), stopping), 1);

    protected override void Dispose(bool disposing) => _client.Dispose();

    private async Task<DeliveryResult> SendAsync(DeliveryItem item, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            using var message = Message(item);
            using var answer = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
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

    private HttpRequestMessage Message(DeliveryItem item)
    {
        var body = Encoding.UTF8.GetBytes(item.Payload.ToJson());
        var message = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add(IdempotencyHeader, item.IdempotencyKey);
        if (item.TraceParent is not null) message.Headers.TryAddWithoutValidation(TraceHeader, item.TraceParent);
        if (options.Secret is not null) message.Headers.Add(Signature.Header, Signature.Sign(options.Secret, time.GetUtcNow(), body));
        foreach (var (name, value) in options.Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    private async Task<DeliveryResult> InterpretAsync(HttpResponseMessage answer, CancellationToken stopping)
    {
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode) return new DeliveryResult.Delivered(status);
        var reason = $"HTTP {status} {await ReasonAsync(answer, stopping)}".TrimEnd();
        return status is 408 or 423 or 429 or (>= 500 and not 501)
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

    // It follows no redirects, which would lose the body, and renews connections, so that changes in DNS are noticed.
    private static HttpClient CreateClient(int connections) => new(new SocketsHttpHandler
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
}
