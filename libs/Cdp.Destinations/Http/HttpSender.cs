using System.Net;
using System.Net.Sockets;
using Cdp.Destinations.Delivery;

namespace Cdp.Destinations.Http;

/// <summary>
/// Sends the requests of a destination: one attempt for each call, within a deadline. It connects only to public addresses unless the options allow others,
/// verifies TLS certificates, does not follow redirects (they would lose the body, or send credentials elsewhere), ignores a proxy of the environment (it would
/// hide the address of the destination from the check), and renews connections, so that changes in DNS take effect. Thread-safe.
/// </summary>
public sealed class HttpSender : IDisposable
{
    /// <summary>How many bytes of a response body are read. The rest is not needed to interpret the response.</summary>
    public const int MaxResponseBytes = 64 * 1024;

    /// <summary>The status of a result for an address that may not be used: nothing was sent.</summary>
    public const int RefusedAddressStatus = 403;

    private readonly HttpSenderOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public HttpSender(HttpSenderOptions options, TimeProvider time)
        : this(options, time, Dns.GetHostAddressesAsync)
    {
    }

    /// <param name="options">How requests are sent.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="resolve">Finds the addresses of a host.</param>
    /// <param name="through">A handler that the requests pass through before they are sent; null for none.</param>
    internal HttpSender(
        HttpSenderOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve, DelegatingHandler? through = null)
    {
        (_options, _time) = (options, time);
        HttpMessageHandler handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = options.Connections,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = (context, stopping) => ConnectAsync(context.DnsEndPoint, resolve, options.AllowPrivate, stopping),
        };
        if (through is not null)
        {
            through.InnerHandler = handler;
            handler = through;
        }
        _client = new HttpMessageInvoker(handler);
    }

    /// <summary>Makes one attempt.</summary>
    /// <param name="request">The request.</param>
    /// <param name="stopping">Cancels the attempt.</param>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; it is unknown whether the server accepted the request.</exception>
    public async Task<HttpExchange> SendAsync(OutboundRequest request, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            using var message = Message(request);
            using var answer = await _client.SendAsync(message, either.Token);
            return new HttpExchange.Answered(await ReadAsync(answer, either.Token));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new HttpExchange.Failed(new DeliveryResult.Retry(null, $"no response within {_options.Timeout.TotalSeconds:0.###} s"));
        }
        catch (HttpRequestException e) when (RefusedAddress(e) is { } refused)
        {
            return new HttpExchange.Failed(new DeliveryResult.Refused(RefusedAddressStatus, refused.Message));
        }
        catch (HttpRequestException e) when (e.HttpRequestError is
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            return new HttpExchange.Failed(new DeliveryResult.Unreachable(Explain(e)));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The connection broke after the request was sent, perhaps because of it, so this counts as an attempt.
            return new HttpExchange.Failed(new DeliveryResult.Retry(null, Explain(e)));
        }
    }

    public void Dispose() => _client.Dispose();

    private static HttpRequestMessage Message(OutboundRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Url);
        if (request.Body.Length > 0 || request.Method is not ("GET" or "DELETE")) message.Content = new ReadOnlyMemoryContent(request.Body);
        foreach (var (name, value) in request.Headers)
        {
            // A header that the request does not accept belongs to its content.
            if (!message.Headers.TryAddWithoutValidation(name, value)) message.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        return message;
    }

    private static async Task<InboundResponse> ReadAsync(HttpResponseMessage answer, CancellationToken stopping)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stopping);
        var bytes = new byte[MaxResponseBytes + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stopping);
        var headers = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => string.Join(", ", same.SelectMany(header => header.Value)), StringComparer.OrdinalIgnoreCase);
        return new InboundResponse((int)answer.StatusCode, headers, bytes.AsMemory(0, Math.Min(length, MaxResponseBytes)), length <= MaxResponseBytes);
    }

    // Called for every new connection. It connects to an address that was checked, not to the name, which might resolve to another address the next time.
    private static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint server, Func<string, CancellationToken, Task<IPAddress[]>> resolve, bool allowPrivate, CancellationToken stopping)
    {
        // An address is not resolved: the resolver does not accept 0.0.0.0, and must not be asked about "127.0.0.1.".
        var addresses = IPAddress.TryParse(server.Host.TrimEnd('.'), out var literal) ? [literal] : await resolve(server.Host, stopping);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        foreach (var address in allowPrivate ? [] : addresses)
        {
            if (PublicAddress.Objection(address) is { } kind) throw new AddressRefusedException(server.Host, address, kind);
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, server.Port, stopping);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static AddressRefusedException? RefusedAddress(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is AddressRefusedException refused) return refused;
        }
        return null;
    }

    // The message of the innermost exception names the cause, such as "The remote certificate is invalid because of errors in the certificate chain".
    private static string Explain(Exception e)
    {
        var inner = e;
        while (inner.InnerException is { } next) inner = next;
        return ReferenceEquals(inner, e) ? e.Message : $"{e.Message}: {inner.Message}";
    }
}
