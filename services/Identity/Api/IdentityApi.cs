using System.Globalization;
using Cdp.Hosting.Api;
using Cdp.Hosting.HotState;
using Cdp.Identity.Graph;
using Cdp.Streaming.Failures;
using Microsoft.AspNetCore.Http.Features;

namespace Cdp.Identity.Api;

/// <summary>The endpoints: looking up an identifier's profile and its history, and taking identifiers out of a profile.</summary>
public static class IdentityApi
{
    private const string Json = "application/json; charset=utf-8";
    private const string Base = "/v1/identity/";
    private const int MaxBodyBytes = 256 * 1024;

    private static readonly string[] NotPost = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

    // Each decision may be in a different part of the log.
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 500;

    public static void MapIdentity(this WebApplication app)
    {
        app.UseUnmatchedRequestErrors();
        app.MapOpenApi(typeof(IdentityApi).Assembly, "Cdp.Identity.Api.openapi.json");
        var api = app.MapGroup("/v1/identity").RequireApiToken();
        api.MapPost("/unmerge", UnmergeAsync);
        // Without this route, a GET would look up an identifier of the type "unmerge".
        api.MapMethods("/unmerge", NotPost, (HttpRequest request) => UnmatchedRequests.MethodNotAllowed(request, HttpMethods.Post));
        api.MapGetAndHead("/unmerge/{requestId}", UnmergeStateAsync);
        // The value is the rest of the path, so it may contain slashes.
        api.MapGetAndHead("/{type}/{**value}", FindAsync);
    }

    private static Task<IResult> FindAsync(string type, string? value, HttpContext http, IdentityLookup lookup) => GuardAsync(http, async () =>
    {
        var raw = PathValue.Of(http.Features.Get<IHttpRequestFeature>()!.RawTarget, Base, value ?? "");
        var identifier = lookup.Types.Normalise(type, raw);
        if (!TryPage(http.Request.Query, out var cursor, out var size, out var fault))
        {
            return Answer(IdentityJson.Error("invalid_page", fault), StatusCodes.Status400BadRequest);
        }
        return await lookup.FindAsync(identifier, cursor, size, http.RequestAborted) is { } found
            ? Answer(IdentityJson.Of(identifier, found), StatusCodes.Status200OK)
            : Answer(IdentityJson.NotFound(identifier, lookup.Implied(identifier), lookup.Types), StatusCodes.Status404NotFound);
    });

    private static bool TryPage(IQueryCollection query, out HistoryCursor? cursor, out int size, out string fault)
    {
        (cursor, size, fault) = (null, DefaultPageSize, "");
        if (query["earlier"] is [{ } earlier] && (cursor = HistoryCursor.Parse(earlier)) is null)
        {
            fault = "'earlier' is not a cursor; send the 'earlier' of a previous answer unchanged";
        }
        if (query["limit"] is [{ } limit]
            && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= MaxPageSize))
        {
            fault = $"'limit' must be a whole number from 1 to {MaxPageSize}";
        }
        return fault.Length == 0;
    }

    private static Task<IResult> UnmergeAsync(HttpContext http, IdentityLookup lookup, UnmergeRequests unmerges) => GuardAsync(http, async () =>
    {
        if (await ReadBodyAsync(http.Request) is not { } json)
        {
            return Answer(IdentityJson.Error("too_large", $"the body is larger than {MaxBodyBytes} bytes"), StatusCodes.Status413PayloadTooLarge);
        }
        var body = UnmergeBody.Parse(json, lookup.Types.Normalise);
        if (body.Faults.Count > 0) return Answer(IdentityJson.Error("invalid_body", body.Faults[0], body.Faults), StatusCodes.Status400BadRequest);
        var requestId = Guid.CreateVersion7().ToString();
        try
        {
            await unmerges.SendAsync(requestId, body);
            return Answer(http, requestId, await unmerges.WaitAsync(requestId, http.RequestAborted));
        }
        catch (Exception e) when (IsUnavailable(e, http))
        {
            // The request may have been written, or even carried out.
            const string Message = "the outcome of the request is not known; ask for it by its request_id before you send the request again";
            return Unavailable(http, IdentityJson.Error("unavailable", Message, requestId: requestId));
        }
    });

    private static Task<IResult> UnmergeStateAsync(string requestId, HttpContext http, UnmergeRequests unmerges) => GuardAsync(http, async () =>
    {
        if (await unmerges.FindAsync(requestId) is { } state) return Answer(http, requestId, state);
        var message = $"the unmerge request '{requestId}' is not known: outcomes are kept for a day; the history of a profile shows every split permanently";
        return Answer(IdentityJson.Error("not_found", message), StatusCodes.Status404NotFound);
    });

    private static IResult Answer(HttpContext http, string requestId, UnmergeState state)
    {
        if (!state.IsFinal) http.Response.Headers.Location = $"/v1/identity/unmerge/{requestId}";
        return Answer(IdentityJson.Unmerge(requestId, state), state switch
        {
            { Outcome.Refusal.Code: UnlinkRefusal.NotLinked } => StatusCodes.Status404NotFound,
            { Outcome.Refusal: not null } => StatusCodes.Status409Conflict,
            { IsFinal: true } => StatusCodes.Status200OK,
            _ => StatusCodes.Status202Accepted,
        });
    }

    private static async Task<IResult> GuardAsync(HttpContext http, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (Exception e) when (IsUnavailable(e, http))
        {
            return Unavailable(http, IdentityJson.Error("unavailable", "Redis, Kafka or the schema registry is unavailable; try again"));
        }
    }

    private static bool IsUnavailable(Exception exception, HttpContext http) =>
        Redis.IsOutage(exception) || Outages.IsUnavailable(exception, http.RequestAborted);

    private static IResult Unavailable(HttpContext http, ReadOnlyMemory<byte> json)
    {
        http.Response.Headers.RetryAfter = "1";
        return Answer(json, StatusCodes.Status503ServiceUnavailable);
    }

    /// <returns>Null if the body is too large.</returns>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MaxBodyBytes) return null;
        }
        return body.ToArray();
    }

    private static IResult Answer(ReadOnlyMemory<byte> json, int status) => Results.Text(json.Span, Json, status);
}
