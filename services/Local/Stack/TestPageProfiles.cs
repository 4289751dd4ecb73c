using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;

namespace Cdp.Local.Stack;

/// <summary>
/// Forwards GET PATH/{type}/{value} of the ingestion host to the profile API, so that the test page can show profiles. A page can read only its own origin, and
/// the profile API has another port. The caller's token is passed on, so no request can read more than it could at the profile API itself.
/// </summary>
/// <param name="path">The path below which requests are forwarded.</param>
/// <param name="profiles">Returns the URL of the profile API.</param>
internal sealed class TestPageProfiles(string path, Func<string> profiles) : IStartupFilter, IDisposable
{
    // The token must not go to a proxy or follow a redirect.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Map(path, branch => branch.Run(ForwardAsync));
        next(app);
    };

    public void Dispose() => _http.Dispose();

    private async Task ForwardAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        // The path as it was sent: a value with an escaped slash or percent sign would become a different value if it were decoded here.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{profiles()}/v1/profiles{target[path.Length..]}");
        if (AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var authorization)) request.Headers.Authorization = authorization;
        using var response = await SendAsync(request, context.RequestAborted);
        if (response is null)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.Headers.CacheControl = "no-store";
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    // Null: the profile API is not reachable, for instance while it starts.
    private async Task<HttpResponseMessage?> SendAsync(HttpRequestMessage request, CancellationToken stopping)
    {
        try
        {
            return await _http.SendAsync(request, stopping);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
