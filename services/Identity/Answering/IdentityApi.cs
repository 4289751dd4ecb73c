using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Identity.Linking;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Cdp.Identity.Answering;

/// <summary>Who is this, by which decisions; and taking apart what should not be one.</summary>
public static class IdentityApi
{
    private const string Json = "application/json; charset=utf-8";
    private const string Base = "/v1/identity/";
    private const int LongestBody = 256 * 1024;

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi(typeof(IdentityApi).Assembly, "Cdp.Identity.Answering.openapi.json");
        var answers = routes.MapGroup("/v1/identity").RequireApiToken();
        answers.MapPost("/unmerge", UnmergeAsync);
        answers.MapGet("/unmerge/{requestId}", UnmergeStateAsync);
        // The value is the rest of the path, so that it may hold a slash.
        answers.MapGet("/{type}/{**value}", FindAsync);
    }

    private static Task<IResult> FindAsync(string type, string? value, HttpContext http, IdentityLookup lookup) => GuardAsync(http, async () =>
    {
        var raw = PathValue.Of(http.Features.Get<IHttpRequestFeature>()!.RawTarget, Base, value ?? "");
        var lookedFor = lookup.Normalised(type, raw);
        return await lookup.FindAsync(lookedFor, http.RequestAborted) is { } found
            ? Answer(IdentityJson.Of(lookedFor, found.Root, found.Identifiers, found.Decisions), StatusCodes.Status200OK)
            : Answer(IdentityJson.NotFound(lookedFor, lookup.Implied(lookedFor), lookup.Types), StatusCodes.Status404NotFound);
    });

    private static Task<IResult> UnmergeAsync(HttpContext http, IdentityLookup lookup, Unmerging unmerging) => GuardAsync(http, async () =>
    {
        if (await ReadAsync(http.Request) is not { } json) return Answer(IdentityJson.Error("too_large", $"the body is larger than {LongestBody} bytes"), StatusCodes.Status413PayloadTooLarge);
        var body = UnmergeBody.Read(json, lookup.Normalised);
        if (body.Faults.Count > 0) return Answer(IdentityJson.Error("invalid_body", body.Faults[0], body.Faults), StatusCodes.Status400BadRequest);
        var requestId = Guid.CreateVersion7().ToString();
        try
        {
            await unmerging.RequestAsync(requestId, body);
            return Answer(http, requestId, await unmerging.WaitAsync(requestId, http.RequestAborted));
        }
        catch (Exception e) when (Redis.IsOutage(e) || e is KafkaException)
        {
            // It may be on its way, or done.
            http.Response.Headers.RetryAfter = "1";
            return Answer(IdentityJson.Error("unavailable", "what became of the request is not known at the moment; ask for its outcome before you send it again", requestId: requestId), StatusCodes.Status503ServiceUnavailable);
        }
    });

    private static Task<IResult> UnmergeStateAsync(string requestId, HttpContext http, Unmerging unmerging) => GuardAsync(http, async () =>
        await unmerging.FindAsync(requestId) is { } state
            ? Answer(http, requestId, state)
            : Answer(IdentityJson.Error("not_found", $"no unmerge request '{requestId}' is known; outcomes are kept for a day, and the history of a profile tells of every split"), StatusCodes.Status404NotFound));

    private static IResult Answer(HttpContext http, string requestId, UnmergeState state)
    {
        if (!state.IsDone) http.Response.Headers.Location = $"/v1/identity/unmerge/{requestId}";
        return Answer(IdentityJson.Unmerge(requestId, state.Outcome, state.Report), state switch
        {
            { Outcome.Refusal.Code: Unlink.NotLinked } => StatusCodes.Status404NotFound,
            { Outcome.Refusal: not null } => StatusCodes.Status409Conflict,
            { IsDone: true } => StatusCodes.Status200OK,
            _ => StatusCodes.Status202Accepted,
        });
    }

    private static async Task<IResult> GuardAsync(HttpContext http, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (Exception e) when (Redis.IsOutage(e) || e is KafkaException or HttpRequestException or SchemaRegistryException)
        {
            http.Response.Headers.RetryAfter = "1";
            return Answer(IdentityJson.Error("unavailable", "the graph or its history cannot be read at the moment; try again"), StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <returns>Null: it is too large.</returns>
    private static async Task<byte[]?> ReadAsync(HttpRequest request)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > LongestBody) return null;
        }
        return body.ToArray();
    }

    private static IResult Answer(ReadOnlyMemory<byte> json, int status) => Results.Text(json.Span, Json, status);
}
