using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Cdp.Cli.Api;

/// <summary>Calls the fan-out API.</summary>
/// <param name="http">Sends the requests.</param>
/// <param name="url">The URL of the API.</param>
/// <param name="token">The token; null for none.</param>
/// <param name="time">The clock.</param>
public sealed class ApiClient(HttpClient http, string url, string? token, TimeProvider time)
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(1);

    public Task<JsonElement> GetAsync(string path, CancellationToken stopping) => SendAsync(HttpMethod.Get, path, null, stopping);

    public Task<JsonElement> PostAsync(string path, string body, CancellationToken stopping) => SendAsync(HttpMethod.Post, path, body, stopping);

    /// <summary>Sends a request. 429 and 503 are temporary, so it is repeated after a pause, up to five times.</summary>
    /// <exception cref="ApiException">The API cannot be reached, or answered with an error.</exception>
    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body, CancellationToken stopping)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var start) || start.Scheme is not ("http" or "https"))
            throw new ApiException($"--url is '{url}'; set it to an http or https URL such as {ConnectionOptions.DefaultUrl}");
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, new Uri(start, path));
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await TrySendAsync(request, stopping);
            var text = await response.Content.ReadAsStringAsync(stopping);
            if (response.IsSuccessStatusCode) return ParseResult(text);
            if (response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests) || attempt == MaxAttempts)
                throw new ApiException(ErrorText.Of((int)response.StatusCode, text));
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? DefaultPause, time, stopping);
        }
    }

    private async Task<HttpResponseMessage> TrySendAsync(HttpRequestMessage request, CancellationToken stopping)
    {
        try
        {
            return await http.SendAsync(request, stopping);
        }
        catch (HttpRequestException e)
        {
            throw new ApiException($"{url} cannot be reached: {e.Message}; check that the fan-out service runs, or set --url or CDP_URL");
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ApiException($"{url} did not answer in time; check that the fan-out service is ready");
        }
    }

    private JsonElement ParseResult(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw new ApiException($"{url} answered something other than JSON; check that it is the fan-out API");
        }
    }
}
